import { type Advice, adviceOf } from "../../Core/usage/advice";
import { dayOf, daysAfter } from "../../Core/usage/days";
import { type Period, readPeriod } from "../../Core/usage/period";
import { addUp, byName, dearest, groupBy, meanSeconds, type NameUsage, slowest } from "../../Core/usage/sums";
import type { UsageNumbers } from "../../Core/usage/usage-reader";
import { percentilesOf } from "../../Core/waiting/day";
import type { CostSources } from "./read-cost";

/** What `status --days` shows of the past. */
export interface History {
  readonly period: Period;
  readonly total: UsageNumbers;
  /** By class and how it was bought. */
  readonly groups: Readonly<Record<string, UsageNumbers>>;
  readonly dearest: readonly NameUsage[];
  readonly slowest: readonly NameUsage[];
  readonly advice: readonly Advice[];
}

/** Names that are shown of each order. */
const SHOWN = 5;

/**
 * Reads the days up to today from their rows.
 *
 * @param days today is one of them
 */
export const readHistory = async (sources: CostSources, days: number): Promise<History> => {
  const { usage, ledger, now } = sources;
  const today = dayOf(now);
  const period = { from: daysAfter(today, 1 - days), to: today };
  const found = await readPeriod(usage, ledger, { ...period, withNames: true }, now);
  const all = found.days.flatMap((each) => Object.entries(each.groups));
  const summed = [...groupBy(all, ([key]) => key)].map(
    ([key, same]) => [key, addUp(same.map(([, numbers]) => numbers))] as const,
  );
  const groups: History["groups"] = Object.fromEntries(summed);
  const names = byName(found.names.flatMap((each) => each.names));
  return {
    period,
    total: addUp(Object.values(groups)),
    groups,
    dearest: dearest(names).slice(0, SHOWN),
    slowest: slowest(names).slice(0, SHOWN),
    advice: adviceOf({ groups, names: dearest(names) }),
  };
};

const nameJson = (usage: NameUsage) => ({
  name: usage.name,
  jobs: usage.numbers.jobs ?? 0,
  usd: usage.numbers.usd ?? 0,
  meanSeconds: meanSeconds(usage),
});

/** For programs. */
export const historyJson = ({ period, total, groups, advice, ...names }: History) => ({
  ...period,
  jobs: total.jobs ?? 0,
  usd: total.usd ?? 0,
  classes: Object.entries(groups).map(([of, numbers]) => ({
    of,
    numbers,
    ...(numbers.waits ? { milliseconds: percentilesOf(numbers) } : {}),
  })),
  dearest: names.dearest.map(nameJson),
  slowest: names.slowest.map(nameJson),
  advice,
});
