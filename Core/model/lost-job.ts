import type { Attempt, Time } from "./ledger";

/**
 * A job whose runner ended while the job ran. GitLab gives a `running` job to no other runner, and our access
 * token may not cancel it. GitLab's own clean-up ends it, and a retry has another id.
 */

const HOUR = 3_600_000;

/** Once an hour GitLab ends running jobs whose runner has not reported for an hour. */
const CLEAN_UP_MILLISECONDS = 2 * HOUR;

/**
 * True if the attempt was closed because its runner ended while the job ran. Without an outcome GitLab still
 * shows the job as running. An attempt that FAILED before keeps its reason: it never had the job.
 */
export const hadLostRunner = ({ state, reason, times }: Attempt): boolean =>
  state === "ENDED" &&
  reason !== undefined &&
  (times.FAILED === undefined || (times.RUNNING ?? 0) > times.FAILED);

/** The latest time at which GitLab ends the job. The last report came no later than the runner's end. */
export const cleanedUpBy = ({ times }: Attempt): Time | undefined =>
  times.ENDED === undefined ? undefined : times.ENDED + CLEAN_UP_MILLISECONDS;

/** What to do about a job that GitLab shows as running on a runner that is gone, without a full stop. */
export const LOST_JOB_REMEDY =
  "Cancel the job in GitLab and run it again; otherwise GitLab fails it one to two hours after its runner's last report (stuck_or_timeout_failure, from 19.1 on no_updates_running), or at its time-out where that is earlier (job_execution_timeout), and runs it again where `retry:` names the reason";
