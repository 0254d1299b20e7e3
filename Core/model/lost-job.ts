import type { Attempt, Time } from "./ledger";

/**
 * A job whose runner ended with the job on it. Where GitLab hands a job out as `running` no other runner can get it any
 * more, and our access token may not cancel it: GitLab's own clean-up ends it, and a retry has another id.
 */

const HOUR = 3_600_000;

/** GitLab looks once an hour for running jobs on which no runner has reported for an hour. */
const CLEAN_UP_MILLISECONDS = 2 * HOUR;

/**
 * Whether the attempt was closed because its runner ended with the job on it. Without an outcome GitLab still shows the
 * job as running. An attempt that had FAILED before it was closed keeps that reason: it never had the job.
 */
export const hadLostRunner = ({ state, reason, times }: Attempt): boolean =>
  state === "ENDED" &&
  reason !== undefined &&
  (times.FAILED === undefined || (times.RUNNING ?? 0) > times.FAILED);

/** When GitLab has ended the job by itself, at the latest. Its last report was no later than its runner's end. */
export const cleanedUpBy = ({ times }: Attempt): Time | undefined =>
  times.ENDED === undefined ? undefined : times.ENDED + CLEAN_UP_MILLISECONDS;

/** What to do about a job that GitLab shows as running on a runner that is gone; a sentence without its full stop. */
export const LOST_JOB_REMEDY =
  "Cancel the job in GitLab and run it again; otherwise GitLab fails it one to two hours after its runner's last report (stuck_or_timeout_failure, from 19.1 on no_updates_running), or at its time-out where that is earlier (job_execution_timeout), and runs it again where `retry:` names the reason";
