import { type Attempt, countedAttempts, type Time } from "../../../Core/ledger";
import { LAUNCH_PATIENCE_SECONDS, UNDER_WAY_MILLISECONDS } from "./limits";

/** When what failed is tried again. What fails for ever costs less and less, and ends (I-25). */

const MINUTE = 60_000;

/** A job whose start was refused is tried again after one minute, then after four (F-26: no storm). */
export const retryAt = (attempt: Attempt): Time =>
  attempt.times.FAILED === undefined || attempt.times.LAUNCHED !== undefined
    ? 0
    : attempt.times.FAILED + MINUTE * 4 ** (countedAttempts(attempt) - 1);

interface Tries {
  readonly begin: Time;
  /** The last one, if there was one. */
  readonly wokenAt: Time | undefined;
  readonly soonest: number;
  /** Each try comes at least so many times as long after the one before as that came after the begin. */
  readonly growth: number;
}

const isDue = ({ begin, wokenAt, soonest, growth }: Tries, now: Time): boolean => {
  const last = Math.max(begin, wokenAt ?? 0);
  return now < last || now - last >= Math.max(soonest, growth * (last - begin));
};

/** EC2's line moves, so who stands in it is let go once at once, and then a little more often. */
const isTurnDue = (begin: Time, wokenAt: Time | undefined, now: Time): boolean =>
  wokenAt === undefined || isDue({ begin, wokenAt, soonest: MINUTE, growth: 1.5 }, now);

/** A launch that was refused or not answered: after one minute, three, nine … True: there was none yet. */
export const isLaunchDue = ({ times, wokenAt, waitingFor }: Attempt, now: Time): boolean => {
  const { CREATED: begin } = times;
  if (begin === undefined) return true;
  return waitingFor === "launch-rate"
    ? isTurnDue(begin, wokenAt, now)
    : isDue({ begin, wokenAt, soonest: MINUTE, growth: 2 }, now);
};

/** Soonest where the job has failed least: an outage of some minutes is outlived by the later attempts. */
export const isClaimDue = (claimed: Attempt, now: Time): boolean => {
  const soonest = UNDER_WAY_MILLISECONDS * 8 ** (countedAttempts(claimed) - 1);
  return isDue({ begin: claimed.times.CLAIMED ?? 0, wokenAt: claimed.wokenAt, soonest, growth: 2 }, now);
};

/** The sweep has put the claim's event once more: a start was at it before. */
export const isRepeat = ({ wokenAt, times }: Attempt): boolean =>
  wokenAt !== undefined && wokenAt > (times.CLAIMED ?? wokenAt);

/** GitLab asked to wait, and the time is not up. One that lies too far ahead is a clock's error (I-33). */
export const isTooEarly = ({ notBefore }: Attempt, now: Time): boolean =>
  notBefore !== undefined && now < notBefore && notBefore - now <= LAUNCH_PATIENCE_SECONDS * 1_000;
