/** Times and numbers that the rules share, with their reasons. Seconds unless the name says otherwise. */

export { LAUNCH_TIMEOUT_SECONDS, UNDER_WAY_MILLISECONDS } from "../../Core/queue/retry-schedule";

/** Longer than the 60 s that a start or an end function may run, so a lease outlives its holder (trace 12). */
export const LEASE_MILLISECONDS = 90_000;

/** GitLab's replicas lag: a job that is not there yet is asked for again so long. */
export const LOOK_UP_TIMEOUT_MILLISECONDS = 10_000;

/** Between the pause of a runner that never ran its job and the look at its jobs (trace 1). */
export const PAUSE_SETTLES_MILLISECONDS = 10_000;

/** How long an end waits for a GitLab that does not answer before the provider goes all the same (I-20). */
export const FORCE_AFTER_MILLISECONDS = 30 * 60_000;

/** Before what the ledger does not know is taken for an orphan: its maker may be between two calls (trace 13). */
export const ADOPT_AFTER_MILLISECONDS = 10 * 60_000;

/**
 * How long a runner must have been silent after its invocation was reported ended. One that waits for a job asks at
 * least every 53 s, one whose job writes nothing reports every 30 s, and up to every four minutes where nobody watches
 * the job: so silence alone proves nothing, only together with the report.
 */
export const SILENCE_SECONDS = 45;

/** The reconciler follows a report so often: what it did not prove by then is left to the limits. */
export const MAX_LOOKS = 3;

/** Reports in all after which no other is followed: who forges them makes work for three minutes more at most. */
export const MAX_REPORTS = 6;

/** After a look that ended in nothing, or in an execution that died, the reconciler asks for the next one. */
export const LOOK_AGAIN_MILLISECONDS = 60_000;

/** A job's webhook and the report of its runner's end come nearly together: the webhook's end goes first. */
export const REPORT_SETTLES_MILLISECONDS = 3_000;

/** Lambda keeps an asynchronous event in its queue so long at most (the runner function's MaximumEventAge). */
export const LAMBDA_QUEUE_SECONDS = 300;

/** From the launch of an instance to its gitlab-runner, at the worst. */
export const EC2_BOOT_SECONDS = 300;

/** On top of queue, boot and wait before a runner without a job counts as lost. */
export const WAIT_MARGIN_SECONDS = 60;

/**
 * On top of a runner's lifetime before it counts as overdue. Its own end comes first, and the clock that noted its
 * launch may be ten minutes behind while the one that looks is ten minutes ahead (I-33): whoever is ended then may not
 * be busy within its lifetime, however short that is.
 */
export const LIFETIME_MARGIN_SECONDS = 21 * 60;

/** An orphan that runs a job is left so long. */
export const ORPHAN_LIFETIME_SECONDS = 24 * 3600;

/** GitLab refuses less. */
export const MIN_MAXIMUM_TIMEOUT_SECONDS = 600;
