import {
  type Attempt,
  countedAttempts,
  lastChange,
  MAX_ATTEMPTS,
  type Runner,
  type Time,
} from "../model/ledger";

/**
 * When what failed is tried again. What fails for ever costs less and less, and ends (I-25). The starts and the
 * reconciler decide by these times, and the command line shows them. The reconciler has a pass a minute: a try comes
 * with the first pass after its time.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** An event put for an item is under way so long; only then another is put. */
export const UNDER_WAY_MILLISECONDS = 45 * SECOND;

/**
 * A runner that no provider took within this time gives its job up: a shortage of two hours is no moment's. Its
 * bootstrap row lives a little longer.
 */
export const LAUNCH_TIMEOUT_SECONDS = 2 * 3600;

/** A job whose start was refused is tried again after one minute, then after four (F-26: no storm). 0: at once. */
export const retryAt = (attempt: Attempt): Time =>
  attempt.times.FAILED === undefined || attempt.times.LAUNCHED !== undefined
    ? 0
    : attempt.times.FAILED + MINUTE * 4 ** (countedAttempts(attempt) - 1);

/**
 * A change made so lately that its event may be under way. A time from the future is another machine's clock and
 * proves nothing (I-33).
 */
export const isRecent = (time: Time | undefined, now: Time): boolean =>
  time !== undefined && now >= time && now - time < UNDER_WAY_MILLISECONDS;

type Proof = readonly (Attempt | Runner)[];

const spentAt = (proof: Proof): Time => Math.max(0, ...proof.map(lastChange));

/** Whether the reconciler asks for the attempt that follows a spent one; `retryAt` counts besides. */
export const isNextAttemptDue = (proof: Proof, now: Time): boolean => !isRecent(spentAt(proof), now);

/** When the attempt after a spent one is opened. */
export const nextAttemptAt = (last: Attempt, runner: Runner | undefined): Time =>
  Math.max(retryAt(last), spentAt(runner ? [last, runner] : [last]) + UNDER_WAY_MILLISECONDS);

interface Tries {
  readonly begin: Time;
  /** The last one, if there was one. */
  readonly dispatchedAt: Time | undefined;
  readonly soonest: number;
  /** Each try comes at least so many times as long after the one before as that came after the begin. */
  readonly growth: number;
}

const lastTry = ({ begin, dispatchedAt }: Tries): Time => Math.max(begin, dispatchedAt ?? 0);

const dueAt = (tries: Tries): Time => {
  const last = lastTry(tries);
  return last + Math.max(tries.soonest, tries.growth * (last - tries.begin));
};

/** A try from the future is another machine's clock and holds nothing back (I-33). */
const isDue = (tries: Tries, now: Time): boolean => now < lastTry(tries) || now >= dueAt(tries);

/**
 * A launch that was refused or not answered: after one minute, three, nine … EC2's queue moves, so who stands in it is
 * dispatched once at once, and then a little more often. Undefined: there was none yet, or it is due at once.
 */
const launchTries = ({ times, dispatchedAt, waitingFor }: Attempt): Tries | undefined => {
  const { CREATED: begin } = times;
  const isForReservation = waitingFor === "launch-rate";
  if (begin === undefined || (isForReservation && dispatchedAt === undefined)) return undefined;
  return { begin, dispatchedAt, soonest: MINUTE, growth: isForReservation ? 1.5 : 2 };
};

/** When a launch is repeated. 0: at once. */
export const launchDueAt = (attempt: Attempt): Time => {
  const tries = launchTries(attempt);
  return tries === undefined ? 0 : dueAt(tries);
};

export const isLaunchDue = (attempt: Attempt, now: Time): boolean => {
  const tries = launchTries(attempt);
  return tries === undefined || isDue(tries, now);
};

/**
 * Soonest where the job has failed least: an outage of some minutes is outlived by the later attempts. One that an
 * operator asked for waits no longer than the last of the others.
 */
const claimTries = (claimed: Attempt): Tries => ({
  begin: claimed.times.CLAIMED ?? 0,
  dispatchedAt: claimed.dispatchedAt,
  soonest: UNDER_WAY_MILLISECONDS * 8 ** (Math.min(countedAttempts(claimed), MAX_ATTEMPTS) - 1),
  growth: 2,
});

/** When a start that stopped before it had a runner is taken over. */
export const claimDueAt = (claimed: Attempt): Time => dueAt(claimTries(claimed));

export const isClaimDue = (claimed: Attempt, now: Time): boolean => isDue(claimTries(claimed), now);

/** The reconciler has put the claim's event once more: a start was at it before. */
export const isRepeat = ({ dispatchedAt, times }: Attempt): boolean =>
  dispatchedAt !== undefined && dispatchedAt > (times.CLAIMED ?? dispatchedAt);

/** GitLab asked to wait, and the time is not up. One that lies too far ahead is a clock's error (I-33). */
export const isTooEarly = ({ notBefore }: Attempt, now: Time): boolean =>
  notBefore !== undefined && now < notBefore && notBefore - now <= LAUNCH_TIMEOUT_SECONDS * SECOND;
