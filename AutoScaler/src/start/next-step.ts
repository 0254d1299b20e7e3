import { defined } from "../../../Core/defined";
import {
  type Attempt,
  type AttemptNumber,
  isLeased,
  isOrdered,
  isSpent,
  isUsedUp,
  MAX_ATTEMPTS_IN_ALL,
  type OrderedAttempt,
  type Runner,
  reassignedSoFar,
  type StartedRunner,
  type Time,
} from "../../../Core/model/ledger";
import type { StartSkipCode } from "../../../Core/model/reasons";
import { isTooEarly, retryAt } from "../../../Core/queue/retry-schedule";

/** What a start has to do for a pending job, as the ledger stands. */
export type NextStep =
  /** Open the next attempt; what proves the one before spent is checked in the same transaction (trace 4). */
  | {
      readonly kind: "open";
      readonly number: AttemptNumber;
      readonly proof: readonly (Attempt | Runner)[];
    }
  | { readonly kind: "claim"; readonly waiting: OrderedAttempt }
  /** A start died before it stored a runner: nothing of it can run. */
  | { readonly kind: "take-over"; readonly claimed: OrderedAttempt }
  /** A runner is stored and not launched. */
  | { readonly kind: "resume"; readonly attempt: OrderedAttempt; readonly runner: StartedRunner }
  | { readonly kind: "exhausted"; readonly last: Attempt; readonly runner?: Runner }
  | { readonly kind: "nothing"; readonly reason: StartSkipCode };

const nothing = (reason: StartSkipCode): NextStep => ({ kind: "nothing", reason });

const afterSpent = (
  last: Attempt,
  runner: Runner | undefined,
  now: Time,
  again: number | undefined,
): NextStep => {
  const isWished = again === last.attempt && last.attempt < MAX_ATTEMPTS_IN_ALL;
  if (!isWished && isUsedUp(last, runner)) {
    return last.state === "FAILED"
      ? nothing("attempts-used-up")
      : { kind: "exhausted", last, ...defined({ runner }) };
  }
  if (!isWished && now < retryAt(last)) return nothing("failed-lately");
  return {
    kind: "open",
    number: { attempt: last.attempt + 1, reassigned: reassignedSoFar(last, runner) },
    proof: runner ? [last, runner] : [last],
  };
};

/** A runner of an attempt that is neither launched nor being ended. */
const afterStored = (attempt: OrderedAttempt, runner: StartedRunner, now: Time): NextStep => {
  if (runner.state !== "STARTING") return nothing("met");
  if (runner.resourceId !== undefined) return nothing("launched");
  if (isLeased(runner, now)) return nothing("under-way");
  return { kind: "resume", attempt, runner };
};

/**
 * Pure: the step for a job that GitLab says is pending.
 *
 * @param attempts of the job, first to last
 * @param runner the last attempt's, when it has one
 * @param again an attempt after which an operator wants one more, at once (see `JobEvent`)
 */
export const nextStep = (
  attempts: readonly Attempt[],
  runner: Runner | undefined,
  now: Time,
  again?: number,
): NextStep => {
  const last = attempts.at(-1);
  if (last === undefined) return { kind: "open", number: { attempt: 1 }, proof: [] };
  if (last.state === "RUNNING" || last.state === "ENDED") return nothing("job-ran");
  if (isSpent(last, runner)) return afterSpent(last, runner, now, again);
  if (last.state === "WAITING" && isTooEarly(last, now)) return nothing("too-early");
  if (last.state === "WAITING") return { kind: "claim", waiting: last };
  if (last.state === "CLAIMED")
    return isLeased(last, now) ? nothing("under-way") : { kind: "take-over", claimed: last };
  return runner === undefined || runner.adopted || !isOrdered(last)
    ? nothing("runner-unknown")
    : afterStored(last, runner, now);
};
