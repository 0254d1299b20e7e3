import type { JobAccount } from "./job-account";
import type { Attempt, Runner, Time } from "./ledger";
import { codeOf, INSTANCE_DEATH_CODES, INTERRUPTION_CODES, type RunnerEndCode } from "./reasons";

/** GitLab's status of a failed job. Only then the runner may be the cause. */
const FAILED = "failed";

/** The script itself failed, so its runner is not the cause, whenever it ended. */
const OWN_FAILURE = "script_failure";

/** True if the job's own script failed. */
export const endedByItself = ({ failureReason }: Pick<Attempt, "failureReason">): boolean =>
  failureReason === OWN_FAILURE;

/** A runner interrupts its job a minute before its lifetime is over. */
const LIFETIME_TOLERANCE_MILLISECONDS = 60_000;

/** Reasons for which the runner ended before its job, or together with it. */
const DEATHS: readonly RunnerEndCode[] = [...INSTANCE_DEATH_CODES, ...INTERRUPTION_CODES, "runner-crashed"];

/** True if so long a life is all that a class with this lifetime allows. */
const isWholeLife = (milliseconds: number, lifetimeSeconds: number): boolean =>
  milliseconds >= lifetimeSeconds * 1_000 - LIFETIME_TOLERANCE_MILLISECONDS;

/** True if the runner's time is over, or so nearly that it ends its job. An adopted runner's class is unknown. */
export const hasLivedOut = ({ times, order }: Runner, now: Time): boolean =>
  times.LAUNCHED !== undefined &&
  order !== undefined &&
  isWholeLife(now - times.LAUNCHED, order.runnerClass.lifetimeSeconds);

const livedMilliseconds = ({ times }: Attempt, runner: Runner | undefined): number => {
  const launched = runner?.times.LAUNCHED ?? times.LAUNCHED;
  return times.RUNNING === undefined || times.ENDED === undefined || launched === undefined
    ? 0
    : times.ENDED - launched;
};

const reachedLifetime = (attempt: Attempt, runner: Runner | undefined): boolean => {
  if (runner?.reason === "lifetime-reached") return true;
  const runnerClass = runner?.order?.runnerClass ?? attempt.order?.runnerClass;
  return (
    runnerClass !== undefined && isWholeLife(livedMilliseconds(attempt, runner), runnerClass.lifetimeSeconds)
  );
};

/** How an ended job ended, and whether its runner was the cause. */
export const endOfJob = (
  attempt: Attempt,
  runner: Runner | undefined,
): Pick<JobAccount, "code" | "reason"> => {
  const hasFailed = attempt.outcome === FAILED && !endedByItself(attempt);
  const interruption = hasFailed ? codeOf(INTERRUPTION_CODES, runner?.reason) : undefined;
  if (interruption !== undefined) return { code: "ended-with-instance", reason: interruption };
  if (hasFailed && reachedLifetime(attempt, runner)) {
    return { code: "ended-at-lifetime", reason: "lifetime-reached" };
  }
  const death = hasFailed ? codeOf(DEATHS, runner?.reason) : undefined;
  if (death !== undefined) return { code: "ended-with-instance", reason: death };
  if (runner === undefined) return { code: "ended" };
  if (runner.state !== "GONE") return { code: "runner-ending" };
  return { code: runner.recordDeletedAt === undefined ? "record-remaining" : "ended" };
};
