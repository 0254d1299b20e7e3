/**
 * Reasons and outcomes as codes: they are stored, put on the bus, logged and compared. The sentence for a
 * code is made where people read it. AWS's or GitLab's own message goes into the field `detail` beside the
 * code; no rule reads it.
 */

/** The known code that a value equals. Undefined for anything else, such as the code of a newer version. */
export const codeOf = <Code extends string>(known: readonly Code[], value: unknown): Code | undefined =>
  known.find((code) => code === value);

/** The states of an instance in EC2's state change events. */
export const INSTANCE_STATE_CODES = [
  "instance-pending",
  "instance-running",
  "instance-shutting-down",
  "instance-stopping",
  "instance-stopped",
  "instance-terminated",
] as const;

/** In these states an instance no longer runs. */
export const INSTANCE_DEATH_CODES = ["instance-stopped", "instance-terminated"] as const;
export type InstanceDeathCode = (typeof INSTANCE_DEATH_CODES)[number];

/** EC2 will reclaim the instance, or may do so. */
export const INTERRUPTION_CODES = ["spot-interruption", "rebalance-recommendation"] as const;
export type InterruptionCode = (typeof INTERRUPTION_CODES)[number];

/** Why a launch was refused for good: an operator must act. */
export const LAUNCH_FAILURE_CODES = [
  /** The launch was refused, and none of the following says why. */
  "launch-refused",
  /** There is no such Lambda function. */
  "function-missing",
  /** The function's image is deleted, or Lambda may not read it. */
  "function-image-missing",
  /** Lambda cannot run the function's image. */
  "function-image-unusable",
  /** Lambda may not use the key of the function's image or environment. */
  "function-key-refused",
  /** Lambda could not make the function ready. */
  "function-failed",
  /** No image of the class's size is published, or it has no active version. */
  "microvm-image-missing",
] as const;
export type LaunchFailure = (typeof LAUNCH_FAILURE_CODES)[number];

/** Why a runner is ended, or was. */
export const RUNNER_END_CODES = [
  "job-ended",
  /** No runner ever had the job. */
  "job-canceled-before-pick-up",
  /** Its job runs on another runner. */
  "no-longer-needed",
  /** GitLab gave the runner's job to another runner. */
  "job-reassigned",
  /** It was launched and waited, but got no job. */
  "no-job",
  /** It was launched, but never contacted GitLab: its start was dropped, or it cannot reach GitLab. */
  "never-contacted",
  /** Someone else deleted its record while it had no job. */
  "record-deleted",
  /** Someone else paused it before it had a job. */
  "runner-paused",
  /** It is gone, but GitLab still shows a job on it. */
  "runner-crashed",
  /** It could not be launched for so long that its job is given up. */
  "never-started",
  ...LAUNCH_FAILURE_CODES,
  "lifetime-reached",
  ...INSTANCE_DEATH_CODES,
  ...INTERRUPTION_CODES,
  /** It has our mark, but the ledger did not know it. */
  "orphan-adopted",
  /** The runner is gone, but its record in GitLab still exists. */
  "record-remaining",
  /** The runner is gone, but its instance still exists. */
  "instance-remaining",
  /** Its end is under way, and no reason is stored. */
  "end-under-way",
] as const;
export type RunnerEndCode = (typeof RUNNER_END_CODES)[number];

/** Reasons in an event that asks for an end. The current state in GitLab and EC2 decides whether it ends. */
export const STOP_CODES = [
  ...RUNNER_END_CODES,
  ...INSTANCE_STATE_CODES,
  /** Lambda reports that the invocation has ended. */
  "invocation-ended",
] as const;
export type StopCode = (typeof STOP_CODES)[number];

/** Why the report of an invocation's end is not followed further. */
export const REPORT_SKIP_CODES = [
  "not-in-ledger",
  /** Its end is under way, or done. */
  "ending",
  /** A second delivery of the same start, which found the row taken and stopped. */
  "other-delivery",
  /** It has been checked as often as a report may be. */
  "looks-used-up",
  /** Without AccessToken GitLab cannot be asked for a runner's last contact. */
  "payload-mode",
  /** GitLab did not answer: the reconciler asks again. */
  "gitlab-no-answer",
] as const;
export type ReportSkipCode = (typeof REPORT_SKIP_CODES)[number];

/** Why an end did nothing. */
export const END_SKIP_CODES = [
  "not-in-ledger",
  "no-runner",
  "already-gone",
  "serves-other-job",
  /** A start or another end has the lease. */
  "leased",
  "busy",
  "not-ending",
] as const;
export type EndSkipCode = (typeof END_SKIP_CODES)[number];

/** Why a launch was refused. The answer proves that nothing was launched. */
export const LAUNCH_REFUSAL_CODES = [
  /** No capacity at the moment: try the next market, then wait. */
  "capacity",
  /** vCPU or spot quota: wait, and raise an alarm. */
  "limit",
  /** Too many requests: wait. */
  "rate",
  /** Lambda is making the function ready: wait. */
  "not-ready",
  /** The account has no service-linked role for spot, and the class allows no other market: wait, an operator must act. */
  "spot-role",
  /** Another reason, or one that EC2's list lacks, and it may pass: wait. */
  "other",
  /** An operator must act: fail, and raise an alarm. */
  "configuration",
] as const;
export type LaunchRefusal = (typeof LAUNCH_REFUSAL_CODES)[number];

/** Why a stored runner is not launched yet and is tried again. `no-answer`: it may have been launched. */
export const LAUNCH_HOLD_CODES = [
  "capacity",
  "limit",
  "rate",
  "not-ready",
  "spot-role",
  "other",
  "no-answer",
] as const;
export type LaunchHoldCode = (typeof LAUNCH_HOLD_CODES)[number];

/** Why a job got the fallback of its MICROVM class. */
export const FALLBACK_CODES = [
  /** So many started at once that a MicroVM would have come too late. */
  "rate",
  /** AWS had no capacity. */
  "capacity",
  /** The account's quota was used up. */
  "limit",
  /** There is no image of its size that can run. */
  "configuration",
] as const;
export type FallbackCode = (typeof FALLBACK_CODES)[number];

/** Why an attempt is FAILED: its runner ended without the job, or it never had a runner. */
export const ATTEMPT_FAILURE_CODES = [
  ...RUNNER_END_CODES,
  /** GitLab created no runner, and would not after a repeat. */
  "gitlab-refused",
  /** The class is only for protected branches and tags, and GitLab does not show the job's as protected. */
  "ref-not-protected",
  /** GitLab has asked us to wait for so long that the job is given up. */
  "gitlab-throttled",
  /** GitLab did not answer whether it created a runner. */
  "gitlab-no-answer",
  "attempts-used-up",
  /** The mapping's settings were changed while the job waited: its project is none that is served. */
  "not-served",
  /** A tag of ours is wrong, or two of them contradict each other: the job's tags stay as they are, so no attempt follows. */
  "bad-tags",
  /** The job's tags ask for more than the mapping's settings and the stack allow. */
  "beyond-bounds",
  /** A parameter, a mapping row or a permission is wrong. */
  "configuration",
  "invalid-input",
] as const;
export type AttemptFailureCode = (typeof ATTEMPT_FAILURE_CODES)[number];

/**
 * Why a machine could not install what its image lacks: `glr: not installed: <code>` on its console (Ec2Runner/install.sh).
 * Whatever runs on a machine may write to its console, so this is a hint: it is shown, and the next attempt waits a little.
 */
export const INSTALL_FAILURE_CODES = [
  /** The distribution's repository gave no packages. */
  "no-packages",
  /** gitlab-runner could not be fetched. */
  "no-download",
  "wrong-signature",
  "wrong-checksum",
  /** It is another version than the one that is pinned. */
  "wrong-version",
  /** It was not done within its time. */
  "too-slow",
  /** Neither Amazon Linux 2023 nor Ubuntu 24.04. */
  "unknown-system",
] as const;
export type InstallFailure = (typeof INSTALL_FAILURE_CODES)[number];

/** What a waiting attempt waits for. */
export const WAITING_FOR_CODES = [
  /** A slot under the concurrency limits. */
  "slot",
  /** New starts are switched off. */
  "starts-on",
  /** EC2's launch rate: calls per second that it accepts. */
  "launch-rate",
  /** GitLab named a time before which it must not be asked for a runner. */
  "gitlab",
  /** Its project's monthly budget, which is spent: the next month, or a higher budget. */
  "budget",
] as const;
export type WaitingFor = (typeof WAITING_FOR_CODES)[number];

/** Why an event that names a job leads to nothing: GitLab did not confirm it, or was not asked. */
export const HINT_SKIP_CODES = [
  "no-such-job",
  /** 403 or 404 for the whole project, so the job is not ours. */
  "project-refused",
  /** A webhook named the job a moment ago, and nothing had to be done. */
  "asked-lately",
  /** Webhooks have caused too many useless calls to GitLab in this minute. The reconciler checks instead. */
  "vain-calls",
  /** A webhook that is not a job event. */
  "malformed",
] as const;
export type HintSkipCode = (typeof HINT_SKIP_CODES)[number];

/** Why a look-up names no runner. */
export const LOOK_UP_SKIP_CODES = [
  ...HINT_SKIP_CODES,
  "job-not-pending",
  "job-taken",
  "unmapped",
  /** The mapping's settings list the projects that are served, and the job's is none of them. */
  "not-served",
] as const;
export type LookUpSkipCode = (typeof LOOK_UP_SKIP_CODES)[number];

/** Why a start had nothing to do. */
export const START_SKIP_CODES = [
  /** All attempts are used up; the failure has been recorded. */
  "attempts-used-up",
  "failed-lately",
  "met",
  "launched",
  /** GitLab asked us to wait. */
  "too-early",
  /** Another start has the lease. */
  "under-way",
  "job-ran",
  "runner-unknown",
  "attempt-unknown",
  /** In the ledger the job's number belongs to another project. */
  "other-project",
  /** GitLab shows that the job no longer needs a runner. */
  "met-meanwhile",
] as const;
export type StartSkipCode = (typeof START_SKIP_CODES)[number];

/** Why a pick-up stored nothing. `not-picked-up`: GitLab shows no runner that has begun the job. */
export type PickUpSkipCode = HintSkipCode | "not-picked-up";
