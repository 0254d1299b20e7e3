import type { Provider } from "../../Core/model/runner-class";

/** Times and limits that several rules use. In seconds, unless the name says otherwise. */

export {
  LAUNCH_TIMEOUT_SECONDS,
  LIFETIME_MARGIN_SECONDS,
  UNDER_WAY_MILLISECONDS,
} from "../../Core/queue/retry-schedule";

/** Longer than the 60 s limit of a start or end function, so that a lease outlives its holder (trace 12). */
export const LEASE_MILLISECONDS = 90_000;

/**
 * A pass may run for 55 s. Its lease is over when the next minute's pass begins, so a pass that dies costs the jobs that it
 * would have found one minute, and not two.
 */
export const PASS_LEASE_MILLISECONDS = 58_000;

/** How long a job that GitLab does not show yet is asked for again, since GitLab's replicas lag. */
export const LOOK_UP_TIMEOUT_MILLISECONDS = 10_000;

/** Wait between pausing a runner that never ran its job and checking its jobs (trace 1). */
export const PAUSE_SETTLES_MILLISECONDS = 10_000;

/**
 * After this time a webhook counts as lost. GitLab sends it within a second or two where its queue is short, and a burst
 * takes some seconds more. One that comes later finds its job started, and changes nothing (I-2).
 */
export const WEBHOOK_COMES_MILLISECONDS = 15_000;

/** The same of a pick-up or an end, which no pass looks at again. To note one twice costs little. */
export const LATER_WEBHOOK_COMES_MILLISECONDS = 10_000;

/** How long an end waits for GitLab's answer before the provider is ended without it (I-20). */
export const FORCE_AFTER_MILLISECONDS = 30 * 60_000;

/** An unknown item is an orphan after this time: its creator may still be between two calls (trace 13). */
export const ADOPT_AFTER_MILLISECONDS = 10 * 60_000;

/**
 * How long a runner must have been silent after its invocation was reported ended. A runner that waits for a
 * job contacts GitLab at least every 53 s. One whose job writes nothing does so every 30 s, or every four
 * minutes if nobody watches the job. So silence is a proof only together with the report.
 */
export const SILENCE_SECONDS = 45;

/** How often the reconciler follows one report. After that the runner ends by its time limits. */
export const MAX_LOOKS = 3;

/** Reports followed for one runner. It bounds the work that forged reports cause to three more minutes. */
export const MAX_REPORTS = 6;

/** Time until the reconciler checks again, after a check without a result or an execution that died. */
export const LOOK_AGAIN_MILLISECONDS = 60_000;

/** Wait before an end report is followed: its job's webhook arrives at the same time and is handled first. */
export const REPORT_SETTLES_MILLISECONDS = 3_000;

/**
 * The longest time that Lambda queues an asynchronous event (the runner function's MaximumEventAge). A tenant for each
 * job uses environments up, idle ones included, and Lambda keeps those for minutes.
 */
export const LAMBDA_QUEUE_SECONDS = 900;

/** The longest time from an instance's launch until it has taken its bootstrap row. */
export const EC2_BOOT_SECONDS = 300;

/** How long it may then install what its image lacks. User data keeps the same limit. */
export const EC2_INSTALL_SECONDS = 180;

/**
 * The longest time from a MicroVM's launch until its runner asks for a job: seconds, and the minute that its /run call may
 * take at most.
 */
export const MICROVM_BOOT_SECONDS = 120;

/** How long a provider may take from the launch until its runner asks for a job. */
export const BOOT_SECONDS: Readonly<Record<Provider, number>> = {
  LAMBDA: LAMBDA_QUEUE_SECONDS,
  EC2: EC2_BOOT_SECONDS,
  MICROVM: MICROVM_BOOT_SECONDS,
};

/**
 * Without AccessToken a runner deletes its own record when its job is over. A MicroVM, which only we end, is given so long
 * for it.
 */
export const OWN_RECORD_MILLISECONDS = 15_000;

/** Added to queue, boot and wait time before a runner without a job counts as lost. */
export const WAIT_MARGIN_SECONDS = 60;

/** How long an orphan that runs a job is left alone. */
export const ORPHAN_LIFETIME_SECONDS = 24 * 3600;

/** GitLab's smallest accepted value. */
export const MIN_MAXIMUM_TIMEOUT_SECONDS = 600;
