import type { Time } from "../../../Core/model/ledger";
import type { Provider } from "../../../Core/model/runner-class";
import type { Dependencies } from "../dependencies";
import { isHeld, type LaunchRate, readLaunchRate } from "./launch-rate";

/**
 * Reservations at EC2: our model of its bucket of calls, so that what EC2 would refuse is not asked for (F-33). A burst is
 * in flight before its first refusal is known; reservations bound how much of it, and afterwards space the calls.
 */
export type TurnDependencies = Pick<Dependencies, "ledger" | "clock">;

export interface Reservation {
  /** The job had to wait, so others do: when its call is made, it dispatches the next one. */
  readonly passesOn: boolean;
}

/** Calls a second while EC2 refuses none: what is refused before that is known stays a fraction of a burst. */
const UNKNOWN_PER_SECOND = 50;

/** As many as a second grants may be made at once. */
const BURST_MILLISECONDS = 1_000;

/** A start waits so long for its reservation. Whoever would wait longer goes in the queue, before its runner is made. */
const TIMEOUT_MILLISECONDS = 5_000;

const perSecond = (launchRate: LaunchRate | undefined): number => launchRate?.perSecond ?? UNKNOWN_PER_SECOND;

/** As many as find a reservation when they are dispatched together. */
export const reservationsAtOnce = (launchRate: LaunchRate | undefined): number =>
  Math.ceil((perSecond(launchRate) * (BURST_MILLISECONDS + TIMEOUT_MILLISECONDS)) / 1_000);

/** A launch rate has reservations of its own: those that were given before EC2's first refusal lie too close. */
const rowOf = (launchRate: LaunchRate | undefined): string =>
  launchRate === undefined ? "ec2" : "ec2-launch-rate";

const reserveAtRate = async (
  { ledger, clock }: TurnDependencies,
  dispatchedAt: Time | undefined,
): Promise<Reservation | undefined> => {
  const { launchRate } = await readLaunchRate(ledger);
  if (isHeld(launchRate, dispatchedAt)) return undefined;
  const now = clock.now();
  const gap = Math.ceil(1_000 / perSecond(launchRate));
  const from = Math.min(now, now - BURST_MILLISECONDS + gap);
  const moment = await ledger.reserve(rowOf(launchRate), { gap, from, until: now + TIMEOUT_MILLISECONDS });
  if (moment === undefined) return undefined;
  const pause = Math.max(0, moment - now);
  if (pause > 0) await clock.sleep(pause);
  const isLate = pause > 0 && isHeld((await readLaunchRate(ledger)).launchRate, dispatchedAt);
  return isLate ? undefined : { passesOn: pause > 0 || dispatchedAt !== undefined };
};

/**
 * Waits for the moment at which a launch may be called for. Lambda counts no calls of ours: there it is always now.
 *
 * @param dispatched at when the job was last dispatched
 * @returns undefined: not within some seconds, or EC2 has begun to refuse
 */
export const reserveLaunch = async (
  dependencies: TurnDependencies,
  provider: Provider,
  dispatchedAt: Time | undefined,
): Promise<Reservation | undefined> =>
  provider === "EC2" ? reserveAtRate(dependencies, dispatchedAt) : { passesOn: false };
