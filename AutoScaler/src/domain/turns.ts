import type { Time } from "../../../Core/ledger";
import type { Carrier } from "../../../Core/runner-class";
import type { Dependencies } from "./dependencies";
import { isHeld, type Pace, readPace } from "./pace";

/**
 * Turns at EC2: our model of its bucket of calls, so that what EC2 would refuse is not asked for (F-33). A burst is
 * in flight before its first refusal is known; turns bound how much of it, and afterwards space the calls.
 */
export type TurnDependencies = Pick<Dependencies, "ledger" | "clock">;

export interface Turn {
  /** The job had to wait, so others do: when its call is made, it lets the next one go. */
  readonly passesOn: boolean;
}

/** Calls a second while EC2 refuses none: what is refused before that is known stays a fraction of a burst. */
const UNKNOWN_PER_SECOND = 50;

/** As many as a second grants may be made at once. */
const BURST_MILLISECONDS = 1_000;

/** A start waits so long for its turn. Whoever would wait longer goes in line, before its runner is made. */
const PATIENCE_MILLISECONDS = 5_000;

const perSecond = (pace: Pace | undefined): number => pace?.perSecond ?? UNKNOWN_PER_SECOND;

/** As many as find a turn when they are let go together. */
export const turnsAtOnce = (pace: Pace | undefined): number =>
  Math.ceil((perSecond(pace) * (BURST_MILLISECONDS + PATIENCE_MILLISECONDS)) / 1_000);

/** A pace has turns of its own: those that were given before EC2's first refusal lie too close. */
const rowOf = (pace: Pace | undefined): string => (pace === undefined ? "ec2" : "ec2-pace");

const pacedTurn = async (
  { ledger, clock }: TurnDependencies,
  wokenAt: Time | undefined,
): Promise<Turn | undefined> => {
  const { pace } = await readPace(ledger);
  if (isHeld(pace, wokenAt)) return undefined;
  const now = clock.now();
  const gap = Math.ceil(1_000 / perSecond(pace));
  const from = Math.min(now, now - BURST_MILLISECONDS + gap);
  const moment = await ledger.nextMoment(rowOf(pace), { gap, from, until: now + PATIENCE_MILLISECONDS });
  if (moment === undefined) return undefined;
  const pause = Math.max(0, moment - now);
  if (pause > 0) await clock.sleep(pause);
  const isLate = pause > 0 && isHeld((await readPace(ledger)).pace, wokenAt);
  return isLate ? undefined : { passesOn: pause > 0 || wokenAt !== undefined };
};

/**
 * Waits for the moment at which a launch may be called for. Lambda counts no calls of ours: there it is always now.
 *
 * @param wokenAt when the job was last let go
 * @returns undefined: not within some seconds, or EC2 has begun to refuse
 */
export const takeTurn = async (
  world: TurnDependencies,
  carrier: Carrier,
  wokenAt: Time | undefined,
): Promise<Turn | undefined> => (carrier === "EC2" ? pacedTurn(world, wokenAt) : { passesOn: false });
