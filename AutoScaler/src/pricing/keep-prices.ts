import { ConfigurationError, TransientError } from "../../../Core/errors";
import { log } from "../../../Core/log";
import type { Launchables } from "../../../Core/pricing/launchables";
import {
  type ListedPrices,
  PRICES_RECORD,
  type PriceRecord,
  parsePriceRecord,
} from "../../../Core/pricing/price-record";
import type { FunctionSize } from "../../../Core/pricing/prices";
import type { RoutingSettings } from "../../../Core/routing/routing-settings";
import { readSeenProjects, type SeenDependencies } from "../ledger/seen-projects";
import type { FunctionSizes, Mappings, PriceList, SpotMarket } from "../ports";

export interface PriceDependencies extends SeenDependencies {
  readonly mappings: Pick<Mappings, "launchables">;
  readonly priceList: PriceList;
  readonly spotMarket: SpotMarket;
  readonly functionSizes: FunctionSizes;
}

/** What the deployment may launch, as its own parameters say it. */
export interface PricedStack
  extends Pick<RoutingSettings, "allowedInstanceTypes" | "defaultRunnerArn" | "defaults"> {
  readonly region: string;
  readonly subnetIds: readonly string[];
}

/** What a run was told, for its log. */
export interface PriceReport {
  /** `partly`: something was refused or not reached. */
  readonly outcome: "kept" | "partly";
  /** Whether a job was seen within a day. */
  readonly isActive: boolean;
  /** What was asked and answered. */
  readonly kept: readonly PricePart[];
  /** What was refused or not reached: it stays as it was. */
  readonly notKept: readonly PricePart[];
}

export type PricePart = "mapping" | "functions" | "zones" | "price-list" | "spot-history";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A seen project is remembered for an hour, and this runs each ten minutes. */
const ACTIVITY_ASKED_EVERY = 45 * MINUTE;

const isWithin = (time: number | undefined, span: number, now: number): boolean =>
  time !== undefined && now - time < span && time - now < span;

/** One run: what it has to go by, and what it was told. */
class Run {
  readonly kept: PricePart[] = [];
  readonly notKept: PricePart[] = [];
  readonly types: readonly string[];

  constructor(
    readonly dependencies: PriceDependencies,
    readonly stack: PricedStack,
    readonly before: PriceRecord,
    readonly now: number,
  ) {
    const { arm64, x86_64 } = stack.allowedInstanceTypes;
    this.types = [...new Set([...arm64, ...x86_64])];
  }

  /** Each part for itself: where the account refuses the price list, spot prices are kept all the same. */
  async part<Answer>(name: PricePart, ask: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      const answer = await ask();
      this.kept.push(name);
      return answer;
    } catch (error) {
      if (!(error instanceof TransientError || error instanceof ConfigurationError)) throw error;
      this.notKept.push(name);
      log.warn("PRICES_NOT_KEPT", { part: name, reason: error.message });
      return undefined;
    }
  }
}

/** Jobs are remembered by their projects. A new record begins active: somebody has just deployed. */
const lastActivity = async ({ dependencies, before, now }: Run): Promise<number> => {
  const { activeAt } = before;
  if (activeAt === undefined) return now;
  if (isWithin(activeAt, ACTIVITY_ASKED_EVERY, now)) return activeAt;
  const seen = await readSeenProjects(dependencies);
  return Math.max(activeAt, ...[...seen.values()].map((at) => Math.min(at, now)));
};

/** Once a day; once an hour where it was refused, or lacks a type that is new among the allowed ones. */
const isListDue = ({ before: { list, askedAt }, types, now }: Run): boolean => {
  const isWhole = list !== undefined && types.every((type) => Object.hasOwn(list.instances, type));
  return !isWithin(askedAt, HOUR, now) && !(isWhole && isWithin(list.at, DAY, now));
};

const listed = async ({ dependencies: { priceList }, types, now }: Run): Promise<ListedPrices> => ({
  at: now,
  instances: await priceList.instances(types),
  lambda: await priceList.lambda(),
});

const sizes = async (
  { dependencies: { functionSizes }, stack: { defaultRunnerArn } }: Run,
  { functionArns }: Launchables,
): Promise<Readonly<Record<string, FunctionSize>>> => {
  const arns = [...new Set([...(defaultRunnerArn ? [defaultRunnerArn] : []), ...functionArns])];
  const found = await Promise.all(arns.map(async (arn) => [arn, await functionSizes.size(arn)] as const));
  return Object.fromEntries(found.filter((entry): entry is [string, FunctionSize] => entry[1] !== undefined));
};

/** A subnet never changes its zone. */
const zones = async ({ dependencies, stack: { subnetIds }, before }: Run): Promise<PriceRecord["zones"]> => {
  const unknown = subnetIds.filter((id) => !Object.hasOwn(before.zones, id));
  return unknown.length === 0
    ? before.zones
    : { ...before.zones, ...(await dependencies.spotMarket.zones(unknown)) };
};

const buysSpot = ({ stack: { defaults } }: Run, { markets, defaultMarket }: Launchables): boolean =>
  [...markets, defaultMarket ?? defaults.EC2.ec2?.market].some(
    (market) => market !== undefined && market !== "on-demand",
  );

/** What changes while jobs run, and what is asked for although none do. */
const gathered = async (run: Run, isActive: boolean): Promise<Partial<PriceRecord>> => {
  const isDue = isListDue(run);
  if (!isActive && !isDue) return {};
  const { dependencies, now, types } = run;
  const launchables = await run.part("mapping", () => dependencies.mappings.launchables());
  const functions = launchables && (await run.part("functions", () => sizes(run, launchables)));
  const known = await run.part("zones", () => zones(run));
  const list = isDue ? await run.part("price-list", () => listed(run)) : undefined;
  const isSpotAsked = isActive && launchables !== undefined && buysSpot(run, launchables);
  const instances = isSpotAsked
    ? await run.part("spot-history", () => dependencies.spotMarket.prices(types))
    : undefined;
  return {
    ...(functions ? { functions } : {}),
    ...(known ? { zones: known } : {}),
    ...(isDue ? { askedAt: now } : {}),
    ...(list ? { list } : {}),
    ...(instances ? { spot: { at: now, instances } } : {}),
  };
};

const EMPTY = { zones: {}, functions: {} } as const;

/** What was stored for another region says nothing of this one. */
const recordFor = (region: string, value: unknown): PriceRecord => {
  const stored = parsePriceRecord(value);
  return stored?.region === region ? stored : { region, ...EMPTY };
};

/**
 * Keeps the prices of what the deployment may launch in one record, which the starts read: AWS's price list once a day, the
 * functions' sizes and spot prices each time. Where no job was seen for a day, or no class buys spot, spot prices are not asked;
 * where nothing has changed, nothing is written.
 *
 * @throws TransientError, ConfigurationError if the ledger fails
 */
export const keepPrices = async (
  dependencies: PriceDependencies,
  stack: PricedStack,
): Promise<PriceReport> => {
  const { ledger, clock } = dependencies;
  const stored = await ledger.stateRecord(PRICES_RECORD);
  const before = recordFor(stack.region, stored?.value);
  const run = new Run(dependencies, stack, before, clock.now());
  const activeAt = await lastActivity(run);
  const isActive = isWithin(activeAt, DAY, run.now);
  const value = { ...before, ...(await gathered(run, isActive)), activeAt };
  const { kept, notKept } = run;
  // Of two runs at once one is enough.
  if (JSON.stringify(value) !== JSON.stringify(before))
    await ledger.commit([
      { stateRecord: { name: PRICES_RECORD, version: (stored?.version ?? 0) + 1, value } },
    ]);
  return { outcome: notKept.length === 0 ? "kept" : "partly", isActive, kept, notKept };
};
