import type { JobAccount } from "./job-account";
import type { Attempt, Runner } from "./ledger";
import { codeOf, INSTANCE_DEATH_CODES, INTERRUPTION_CODES, type RunnerEndCode } from "./reasons";

/** GitLab's status of a failed job. Only then the runner may be the cause. */
const FAILED = "failed";

/** The script itself failed, so its runner is not the cause, whenever it ended. */
const OWN_FAILURE = "script_failure";

/** A Lambda runner ends its job shortly before its lifetime is over. */
const LIFETIME_TOLERANCE_MILLISECONDS = 60_000;

/** Reasons for which the runner ended before its job, or together with it. */
const DEATHS: readonly RunnerEndCode[] = [...INSTANCE_DEATH_CODES, ...INTERRUPTION_CODES];

const livedMilliseconds = ({ times }: Attempt, runner: Runner | undefined): number => {
  const launched = runner?.times.LAUNCHED ?? times.LAUNCHED;
  return times.RUNNING === undefined || times.ENDED === undefined || launched === undefined
    ? 0
    : times.ENDED - launched;
};

const reachedLifetime = (attempt: Attempt, runner: Runner | undefined): boolean => {
  if (runner?.reason === "lifetime-reached") return true;
  const runnerClass = runner?.order?.runnerClass ?? attempt.order?.runnerClass;
  if (runnerClass === undefined) return false;
  const least = runnerClass.lifetimeSeconds * 1_000 - LIFETIME_TOLERANCE_MILLISECONDS;
  return livedMilliseconds(attempt, runner) >= least;
};

/** How an ended job ended, and whether its runner was the cause. */
export const endOfJob = (
  attempt: Attempt,
  runner: Runner | undefined,
): Pick<JobAccount, "code" | "reason"> => {
  const hasFailed = attempt.outcome === FAILED && attempt.failureReason !== OWN_FAILURE;
  if (hasFailed && reachedLifetime(attempt, runner)) {
    return { code: "ended-at-lifetime", reason: "lifetime-reached" };
  }
  const death = hasFailed ? codeOf(DEATHS, runner?.reason) : undefined;
  if (death !== undefined) return { code: "ended-with-instance", reason: death };
  if (runner === undefined) return { code: "ended" };
  if (runner.state !== "GONE") return { code: "runner-ending" };
  return { code: runner.recordDeletedAt === undefined ? "record-remaining" : "ended" };
};
