import type { Time } from "../../../Core/model/ledger";
import type { Ledger, StateRecord } from "../ports";

/**
 * EC2's launch rate, a state record in the ledger. There is one while EC2 refuses calls for their number: new claims then wait in
 * queue, and are dispatched as fast as EC2 launches.
 */
export interface LaunchRate {
  readonly since: Time;
  readonly lastRefusedAt: Time;
  /** Launches that are called for. */
  readonly perSecond: number;
  /** Seconds with a refusal since the launch rate was last looked over. */
  readonly refused: number;
}

export const LAUNCH_RATE_RECORD = "ec2-launch-rate";

/** What EC2 refills, by its documented default. */
const FIRST_PER_SECOND = 2;
const MIN_PER_SECOND = 0.2;
const MAX_PER_SECOND = 150;

/** A refusal is noted once in so long: the state record must not become the hot item of a burst. */
const NOTE_EVERY_MILLISECONDS = 1_000;

const FIELDS: readonly (keyof LaunchRate)[] = ["since", "lastRefusedAt", "perSecond", "refused"];

const isLaunchRate = (value: unknown): value is LaunchRate =>
  typeof value === "object" &&
  value !== null &&
  FIELDS.every((field) => Number.isFinite((value as Partial<LaunchRate>)[field]));

export const readLaunchRate = async (
  ledger: Ledger,
): Promise<{ readonly launchRate?: LaunchRate; readonly version: number }> => {
  const stateRecord: StateRecord | undefined = await ledger.stateRecord(LAUNCH_RATE_RECORD);
  const version = stateRecord?.version ?? 0;
  return isLaunchRate(stateRecord?.value) ? { launchRate: stateRecord.value, version } : { version };
};

const firstLaunchRate = (now: Time): LaunchRate => ({
  since: now,
  lastRefusedAt: now,
  perSecond: FIRST_PER_SECOND,
  refused: 1,
});

/**
 * Notes that EC2 refused a call for its number. Whoever is faster has noted the same.
 *
 * @returns whether it was the first refusal of all: nobody else is known to be held
 */
export const recordRefusal = async (ledger: Ledger, now: Time): Promise<boolean> => {
  const { launchRate, version } = await readLaunchRate(ledger);
  if (launchRate !== undefined && now - launchRate.lastRefusedAt < NOTE_EVERY_MILLISECONDS) return false;
  const value: LaunchRate = launchRate
    ? { ...launchRate, lastRefusedAt: now, refused: launchRate.refused + 1 }
    : firstLaunchRate(now);
  const isStored = await ledger.commit([
    { stateRecord: { name: LAUNCH_RATE_RECORD, version: version + 1, value } },
  ]);
  return isStored && launchRate === undefined;
};

/** Whether a start has to wait in the queue: EC2 is at its limit and the job was not dispatched since. */
export const isHeld = (launchRate: LaunchRate | undefined, dispatchedAt: Time | undefined): boolean =>
  launchRate !== undefined && (dispatchedAt === undefined || dispatchedAt < launchRate.since);

const MINUTE = 60_000;
const GROWTH = 1.1;

/** What a minute's refusals say: what was refused is taken off; nothing was, and EC2 may give more. */
const adjusted = ({ perSecond, refused }: LaunchRate): number =>
  refused === 0
    ? Math.min(perSecond * GROWTH, MAX_PER_SECOND)
    : Math.max(perSecond - refused / 60, MIN_PER_SECOND);

/** The launch rate from a pass on, looked over once a minute. Undefined: EC2 refuses nothing, and nobody is held. */
export const nextLaunchRate = (
  launchRate: LaunchRate,
  isHolding: boolean,
  now: Time,
): LaunchRate | undefined => {
  if (!isHolding && now - launchRate.lastRefusedAt >= MINUTE) return undefined;
  return { ...launchRate, perSecond: adjusted(launchRate), refused: 0 };
};
