import { type Attempt, countedAttempts, MAX_ATTEMPTS, type Time } from "../../../Core/model/ledger";
import { LAUNCH_TIMEOUT_SECONDS, UNDER_WAY_MILLISECONDS } from "../timing";

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
  readonly dispatchedAt: Time | undefined;
  readonly soonest: number;
  /** Each try comes at least so many times as long after the one before as that came after the begin. */
  readonly growth: number;
}

const isDue = ({ begin, dispatchedAt, soonest, growth }: Tries, now: Time): boolean => {
  const last = Math.max(begin, dispatchedAt ?? 0);
  return now < last || now - last >= Math.max(soonest, growth * (last - begin));
};

/** EC2's queue moves, so who stands in it is dispatched once at once, and then a little more often. */
const isReservationDue = (begin: Time, dispatchedAt: Time | undefined, now: Time): boolean =>
  dispatchedAt === undefined || isDue({ begin, dispatchedAt, soonest: MINUTE, growth: 1.5 }, now);

/** A launch that was refused or not answered: after one minute, three, nine … True: there was none yet. */
export const isLaunchDue = ({ times, dispatchedAt, waitingFor }: Attempt, now: Time): boolean => {
  const { CREATED: begin } = times;
  if (begin === undefined) return true;
  return waitingFor === "launch-rate"
    ? isReservationDue(begin, dispatchedAt, now)
    : isDue({ begin, dispatchedAt, soonest: MINUTE, growth: 2 }, now);
};

/**
 * Soonest where the job has failed least: an outage of some minutes is outlived by the later attempts. One that an
 * operator asked for waits no longer than the last of the others.
 */
export const isClaimDue = (claimed: Attempt, now: Time): boolean => {
  const soonest = UNDER_WAY_MILLISECONDS * 8 ** (Math.min(countedAttempts(claimed), MAX_ATTEMPTS) - 1);
  return isDue(
    { begin: claimed.times.CLAIMED ?? 0, dispatchedAt: claimed.dispatchedAt, soonest, growth: 2 },
    now,
  );
};

/** The reconciler has put the claim's event once more: a start was at it before. */
export const isRepeat = ({ dispatchedAt, times }: Attempt): boolean =>
  dispatchedAt !== undefined && dispatchedAt > (times.CLAIMED ?? dispatchedAt);

/** GitLab asked to wait, and the time is not up. One that lies too far ahead is a clock's error (I-33). */
export const isTooEarly = ({ notBefore }: Attempt, now: Time): boolean =>
  notBefore !== undefined && now < notBefore && notBefore - now <= LAUNCH_TIMEOUT_SECONDS * 1_000;
