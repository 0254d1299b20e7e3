import { defined } from "../../Core/defined";
import type { Attempt, Runner, Time } from "../../Core/model/ledger";
import { costOf } from "../../Core/pricing/cost";
import { type Estimates, estimatesOf, estimatesTogether, NAT_GATEWAY } from "../../Core/pricing/estimates";
import type { KnownPrices } from "../../Core/pricing/known-prices";
import { sourceWords } from "../../Core/pricing/price-words";
import { PRICES_AS_OF, PRICES_REGION, type PriceSource } from "../../Core/pricing/prices";
import { dollars } from "../console/words";
import { sum } from "../ledger/ledger-reader";
import { type JobHistory, runnerOf } from "./job-history";

/** What a job has cost up to now. */
export interface JobCost {
  /** USD, not rounded; absent: the price of one of its runners is not known. */
  readonly cost?: number;
  /** Where the prices come from. */
  readonly costSources: readonly PriceSource[];
  /** USD, beside the cost. */
  readonly estimates: Estimates;
}

interface Served {
  readonly attempt: Attempt;
  /** Absent: it is forgotten, or there was none. */
  readonly runner: Runner | undefined;
}

const endOf = (runner: Runner, now: Time): Time => runner.times.GONE ?? now;

/** An attempt without a launch costs nothing. */
const attemptCost = ({ attempt, runner }: Served, now: Time): number | undefined => {
  if (attempt.cost !== undefined) return attempt.cost;
  if (attempt.times.LAUNCHED === undefined && runner?.times.LAUNCHED === undefined) return 0;
  return runner && costOf(runner, endOf(runner, now));
};

const usedBy = (runner: Runner, known: KnownPrices, now: Time): readonly Estimates[] => {
  const { order, provider, times, environmentGb } = runner;
  if (provider === undefined || times.LAUNCHED === undefined) return [];
  const ran = Math.max(0, endOf(runner, now) - times.LAUNCHED);
  const size = known.record?.functions[order.functionArn ?? ""];
  const parts = { diskGiB: order.runnerClass.ec2?.diskGiB, storageMiB: size?.storageMiB, environmentGb };
  return [estimatesOf({ provider, ran, ...defined(parts) })];
};

/** Undefined where one of them is unknown. */
const sumOf = (costs: readonly (number | undefined)[]): number | undefined => {
  const known = costs.filter((cost) => cost !== undefined);
  return known.length < costs.length ? undefined : sum(known);
};

/** What all attempts of a job have cost; of one that runs, up to now. */
export const jobCost = (history: JobHistory, known: KnownPrices, now: Time): JobCost => {
  const served = history.attempts.map((attempt) => ({ attempt, runner: runnerOf(history, attempt) }));
  const costs = served.map((one) => attemptCost(one, now));
  const runners = served.flatMap(({ runner }) => runner ?? []);
  return {
    ...defined({ cost: sumOf(costs) }),
    costSources: [...new Set(history.attempts.flatMap(({ priceSource }) => priceSource ?? []))],
    estimates: estimatesTogether(runners.flatMap((runner) => usedBy(runner, known, now))),
  };
};

/** What each estimate is for. */
const ESTIMATES: readonly (readonly [words: string, of: (estimates: Estimates) => number])[] = [
  ["storage", ({ storage }) => storage],
  ["public address", ({ publicIpv4 }) => publicIpv4],
  ["tenant isolation", ({ tenantIsolation }) => tenantIsolation],
  ["logs", ({ logs }) => logs],
  ["control plane", ({ controlPlane }) => controlPlane],
];

/** Those that the job has. */
const besideText = (estimates: Estimates): readonly string[] =>
  ESTIMATES.flatMap(([words, of]) => (of(estimates) > 0 ? [`${words} ${dollars(of(estimates))}`] : []));

/** `Cost: $0.00182 (spot history).`, and what is estimated beside it. */
export const costText = ({ cost, costSources, estimates }: JobCost): string => {
  const from = costSources.length === 0 ? "" : ` (${costSources.map(sourceWords).join(", ")})`;
  const nat = `a NAT gateway asks ${dollars(NAT_GATEWAY.gb)} for each GB`;
  const beside = [...besideText(estimates), nat].join(", ");
  return `Cost: ${dollars(cost)}${from}.\nEstimated beside it (${PRICES_REGION}, ${PRICES_AS_OF}): ${beside}.`;
};
