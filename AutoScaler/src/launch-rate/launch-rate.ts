import type { Time } from "../../../Core/model/ledger";
import type { Provider } from "../../../Core/model/runner-class";
import type { Ledger, StateRecord } from "../ports";

/** AWS counts the launches of these, each on its own. Lambda queues what is too much. */
export type LimitedProvider = Exclude<Provider, "LAMBDA">;

export const isLimited = (provider: Provider | undefined): provider is LimitedProvider =>
  provider !== undefined && provider !== "LAMBDA";

/**
 * A provider's launch rate, a state record in the ledger. It exists while EC2, or Lambda for MicroVMs, refuses calls because
 * of their number. New claims then wait in the queue, and are dispatched as fast as it launches.
 */
export interface LaunchRate {
  readonly since: Time;
  readonly lastRefusedAt: Time;
  /** Launch calls per second that we allow ourselves. */
  readonly perSecond: number;
  /** Seconds with a refusal since the rate was last adjusted. */
  readonly refused: number;
}

export const LAUNCH_RATE_RECORDS: Readonly<Record<LimitedProvider, string>> = {
  EC2: "ec2-launch-rate",
  MICROVM: "microvm-launch-rate",
};

/** EC2's documented default refill rate. A new account was seen to be granted one MicroVM a second. */
const FIRST_PER_SECOND: Readonly<Record<LimitedProvider, number>> = { EC2: 2, MICROVM: 1 };
const MIN_PER_SECOND = 0.2;
/** MicroVMs: their quota (see `reservations.ts`). */
const MAX_PER_SECOND: Readonly<Record<LimitedProvider, number>> = { EC2: 150, MICROVM: 5 };

/** At most one refusal is stored in this time, so that the state record is no hot item during a burst. */
const NOTE_EVERY_MILLISECONDS = 1_000;

const FIELDS: readonly (keyof LaunchRate)[] = ["since", "lastRefusedAt", "perSecond", "refused"];

const isLaunchRate = (value: unknown): value is LaunchRate =>
  typeof value === "object" &&
  value !== null &&
  FIELDS.every((field) => Number.isFinite((value as Partial<LaunchRate>)[field]));

export const readLaunchRate = async (
  ledger: Ledger,
  provider: LimitedProvider,
): Promise<{ readonly launchRate?: LaunchRate; readonly version: number }> => {
  const stateRecord: StateRecord | undefined = await ledger.stateRecord(LAUNCH_RATE_RECORDS[provider]);
  const version = stateRecord?.version ?? 0;
  return isLaunchRate(stateRecord?.value) ? { launchRate: stateRecord.value, version } : { version };
};

const firstLaunchRate = (provider: LimitedProvider, now: Time): LaunchRate => ({
  since: now,
  lastRefusedAt: now,
  perSecond: FIRST_PER_SECOND[provider],
  refused: 1,
});

/**
 * Stores that a provider refused a call for the number of calls. A failed commit means that another start stored it.
 *
 * @returns true for the first refusal: until then no start had to wait
 */
export const recordRefusal = async (
  ledger: Ledger,
  provider: LimitedProvider,
  now: Time,
): Promise<boolean> => {
  const { launchRate, version } = await readLaunchRate(ledger, provider);
  if (launchRate !== undefined && now - launchRate.lastRefusedAt < NOTE_EVERY_MILLISECONDS) return false;
  const value: LaunchRate = launchRate
    ? { ...launchRate, lastRefusedAt: now, refused: launchRate.refused + 1 }
    : firstLaunchRate(provider, now);
  const isStored = await ledger.commit([
    { stateRecord: { name: LAUNCH_RATE_RECORDS[provider], version: version + 1, value } },
  ]);
  return isStored && launchRate === undefined;
};

/** True if a start has to wait in the queue: EC2 refuses calls, and the job was not dispatched since then. */
export const isHeld = (launchRate: LaunchRate | undefined, dispatchedAt: Time | undefined): boolean =>
  launchRate !== undefined && (dispatchedAt === undefined || dispatchedAt < launchRate.since);

const MINUTE = 60_000;
const GROWTH = 1.1;

/** Lowers the rate by the calls that EC2 refused in the last minute, or raises it if it refused none. */
const adjusted = ({ perSecond, refused }: LaunchRate, provider: LimitedProvider): number =>
  refused === 0
    ? Math.min(perSecond * GROWTH, MAX_PER_SECOND[provider])
    : Math.max(perSecond - refused / 60, MIN_PER_SECOND);

/** The rate that a pass stores, adjusted once a minute. Undefined: EC2 refuses no calls and no job waits. */
export const nextLaunchRate = (
  launchRate: LaunchRate,
  provider: LimitedProvider,
  isHolding: boolean,
  now: Time,
): LaunchRate | undefined => {
  if (!isHolding && now - launchRate.lastRefusedAt >= MINUTE) return undefined;
  return { ...launchRate, perSecond: adjusted(launchRate, provider), refused: 0 };
};
