import {
  type Attempt,
  countedAttempts,
  lastChange,
  MAX_ATTEMPTS,
  type Runner,
  type Time,
} from "../model/ledger";

/**
 * When failed steps are tried again. What keeps failing is tried less and less often, and then ends (I-25).
 * The starts and the reconciler use these times, and the command line shows them. The reconciler runs once a
 * minute, so a try comes with the first pass after its time.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** An event put for an item counts as under way for this time. Only then another one is put. */
export const UNDER_WAY_MILLISECONDS = 45 * SECOND;

/**
 * A runner that no provider launched within this time gives its job up: a shortage of two hours will not end
 * soon. Its bootstrap row lives a little longer.
 */
export const LAUNCH_TIMEOUT_SECONDS = 2 * 3600;

/**
 * Added to a runner's lifetime before it counts as overdue. The runner's own end comes first. The clock that
 * stored the launch may be ten minutes slow and the clock that checks ten minutes fast (I-33). The margin
 * covers both, so no runner is ended within its lifetime, however short.
 */
export const LIFETIME_MARGIN_SECONDS = 21 * 60;

/** Its machine ran, and what it lacked was there: the next attempt need not wait. */
const mayFollowAtOnce = ({ times, installFailure }: Attempt): boolean =>
  times.LAUNCHED !== undefined && installFailure === undefined;

/**
 * A refused start is tried again after one minute, then after four (F-26: no storm). So is one whose machine could not install
 * what its image lacks, so that a short outage does not use up all attempts. 0: at once.
 */
export const retryAt = (attempt: Attempt): Time =>
  attempt.times.FAILED === undefined || mayFollowAtOnce(attempt)
    ? 0
    : attempt.times.FAILED + MINUTE * 4 ** (countedAttempts(attempt) - 1);

/** True if a time is so short ago. One in the future comes from another machine's clock and proves nothing (I-33). */
export const isWithin = (milliseconds: number, time: Time | undefined, now: Time): boolean =>
  time !== undefined && now >= time && now - time < milliseconds;

/** True if a change is so recent that its event may be under way. */
export const isRecent = (time: Time | undefined, now: Time): boolean =>
  isWithin(UNDER_WAY_MILLISECONDS, time, now);

type Proof = readonly (Attempt | Runner)[];

const spentAt = (proof: Proof): Time => Math.max(0, ...proof.map(lastChange));

/** True if the reconciler may open the attempt after a spent one; `retryAt` has to be over as well. */
export const isNextAttemptDue = (proof: Proof, now: Time): boolean => !isRecent(spentAt(proof), now);

/** When the next attempt is opened after a spent one. */
export const nextAttemptAt = (last: Attempt, runner: Runner | undefined): Time =>
  Math.max(retryAt(last), spentAt(runner ? [last, runner] : [last]) + UNDER_WAY_MILLISECONDS);

interface Tries {
  readonly begin: Time;
  /** Time of the last try, if there was one. */
  readonly dispatchedAt: Time | undefined;
  readonly soonest: number;
  /** The wait before a try is at least this factor times the time from the begin to the last try. */
  readonly growth: number;
}

const lastTry = ({ begin, dispatchedAt }: Tries): Time => Math.max(begin, dispatchedAt ?? 0);

const dueAt = (tries: Tries): Time => {
  const last = lastTry(tries);
  return last + Math.max(tries.soonest, tries.growth * (last - tries.begin));
};

/** A try in the future comes from another machine's clock and delays nothing (I-33). */
const isDue = (tries: Tries, now: Time): boolean => now < lastTry(tries) || now >= dueAt(tries);

/**
 * A launch that was refused or not answered: tried after one minute, three, nine … In EC2's queue jobs move
 * up, so the first dispatch comes at once and the later waits grow less. Undefined: nothing to wait for.
 */
const launchTries = ({ times, dispatchedAt, waitingFor }: Attempt): Tries | undefined => {
  const { CREATED: begin } = times;
  const isForReservation = waitingFor === "launch-rate";
  if (begin === undefined || (isForReservation && dispatchedAt === undefined)) return undefined;
  return { begin, dispatchedAt, soonest: MINUTE, growth: isForReservation ? 1.5 : 2 };
};

/** When a launch is tried again. 0: at once. */
export const launchDueAt = (attempt: Attempt): Time => {
  const tries = launchTries(attempt);
  return tries === undefined ? 0 : dueAt(tries);
};

export const isLaunchDue = (attempt: Attempt, now: Time): boolean => {
  const tries = launchTries(attempt);
  return tries === undefined || isDue(tries, now);
};

/**
 * The first attempt is taken over soonest; the later ones wait long enough to outlast an outage of some
 * minutes. An attempt that an operator asked for waits no longer than the last ordinary one.
 */
const claimTries = (claimed: Attempt): Tries => ({
  begin: claimed.times.CLAIMED ?? 0,
  dispatchedAt: claimed.dispatchedAt,
  soonest: UNDER_WAY_MILLISECONDS * 8 ** (Math.min(countedAttempts(claimed), MAX_ATTEMPTS) - 1),
  growth: 2,
});

/** When another start takes over a claim whose start stopped before it had a runner. */
export const claimDueAt = (claimed: Attempt): Time => dueAt(claimTries(claimed));

export const isClaimDue = (claimed: Attempt, now: Time): boolean => isDue(claimTries(claimed), now);

/** The reconciler has put the claim's event again, so an earlier start has worked on it. */
export const isRepeat = ({ dispatchedAt, times }: Attempt): boolean =>
  dispatchedAt !== undefined && dispatchedAt > (times.CLAIMED ?? dispatchedAt);

/** GitLab asked us to wait, and that time is not over. A time too far ahead is a clock error (I-33). */
export const isTooEarly = ({ notBefore }: Attempt, now: Time): boolean =>
  notBefore !== undefined && now < notBefore && notBefore - now <= LAUNCH_TIMEOUT_SECONDS * SECOND;
