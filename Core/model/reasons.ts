/**
 * Why things come out as they do, as codes: what is stored, put on the bus, logged and compared. The sentence for a
 * code is made where people read it. What AWS or GitLab said in their own words goes into a field `detail` beside
 * the code; nothing is ever decided by it.
 */

/** The known code that a value is; undefined for anything else, such as the code of a newer version. */
export const codeOf = <Code extends string>(known: readonly Code[], value: unknown): Code | undefined =>
  known.find((code) => code === value);

/** An instance's states, as the rule on EC2's state changes hands them on. */
export const INSTANCE_STATE_CODES = [
  "instance-pending",
  "instance-running",
  "instance-shutting-down",
  "instance-stopping",
  "instance-stopped",
  "instance-terminated",
] as const;

/** An instance in one of these states runs nothing any more. */
export const INSTANCE_DEATH_CODES = ["instance-stopped", "instance-terminated"] as const;
export type InstanceDeathCode = (typeof INSTANCE_DEATH_CODES)[number];

/** EC2 will take the instance back, or may. */
export const INTERRUPTION_CODES = ["spot-interruption", "rebalance-recommendation"] as const;
export type InterruptionCode = (typeof INTERRUPTION_CODES)[number];

/** Why a runner is to be ended, or was. */
export const RUNNER_END_CODES = [
  "job-ended",
  /** No runner ever had the job. */
  "job-canceled-before-pick-up",
  /** Its job runs on another runner. */
  "no-longer-needed",
  /** It had the job, and GitLab gave the job to another runner. */
  "job-reassigned",
  /** It was launched, waited for its job, and none came. */
  "no-job",
  /** It was launched, and GitLab never heard of it: a start that was dropped, or no way to GitLab. */
  "never-contacted",
  /** Somebody other than us deleted its record while it had no job. */
  "record-deleted",
  /** Somebody other than us paused it before it had a job. */
  "runner-paused",
  /** It is gone, and GitLab still shows a job on it. */
  "runner-crashed",
  /** Nothing could be launched for it, for so long that its job is given up. */
  "never-started",
  /** The launch was refused in a way that only an operator can change. */
  "launch-refused",
  "lifetime-reached",
  ...INSTANCE_DEATH_CODES,
  ...INTERRUPTION_CODES,
  /** It carries our mark and the ledger did not know it. */
  "orphan-adopted",
  /** The runner is gone, its record in GitLab is not. */
  "record-remaining",
  /** The runner is gone, its instance is not. */
  "instance-remaining",
  /** Its end is under way, and nobody noted why. */
  "end-under-way",
] as const;
export type RunnerEndCode = (typeof RUNNER_END_CODES)[number];

/** What an event that asks for an end may say. Whether anything ends is decided by what GitLab and EC2 say then. */
export const STOP_CODES = [
  ...RUNNER_END_CODES,
  ...INSTANCE_STATE_CODES,
  /** Lambda reports that the invocation is over. */
  "invocation-ended",
] as const;
export type StopCode = (typeof STOP_CODES)[number];

/** Why a report of an invocation's end is followed no further. */
export const REPORT_SKIP_CODES = [
  "not-in-ledger",
  /** Its end is under way, or done. */
  "ending",
  /** It was a second delivery of the same start, which found the row taken and left. */
  "other-delivery",
  /** It has been looked at as often as a report is worth. */
  "looks-used-up",
  /** Without AccessToken nobody can ask GitLab for a runner's contact. */
  "payload-mode",
  /** GitLab did not answer: the reconciler asks again. */
  "gitlab-no-answer",
] as const;
export type ReportSkipCode = (typeof REPORT_SKIP_CODES)[number];

/** Why an end came to nothing. */
export const END_SKIP_CODES = [
  "not-in-ledger",
  "no-runner",
  "already-gone",
  "serves-other-job",
  /** A start or another end holds the lease. */
  "leased",
  "busy",
  "not-ending",
] as const;
export type EndSkipCode = (typeof END_SKIP_CODES)[number];

/** An answer that proves that a launch brought nothing. */
export const LAUNCH_REFUSAL_CODES = [
  /** None to be had just now: the next market, then wait. */
  "capacity",
  /** vCPU or spot quota: wait and alarm. */
  "limit",
  /** Too many requests: wait. */
  "rate",
  /** An operator must act: fail and alarm. */
  "configuration",
] as const;
export type LaunchRefusal = (typeof LAUNCH_REFUSAL_CODES)[number];

/** Why a stored runner is not launched yet and will be tried again. `no-answer`: it may have been launched. */
export const LAUNCH_HOLD_CODES = ["capacity", "limit", "rate", "no-answer"] as const;
export type LaunchHoldCode = (typeof LAUNCH_HOLD_CODES)[number];

/** Why a job's attempt is FAILED: its runner ended without having met the job, or there never was one. */
export const ATTEMPT_FAILURE_CODES = [
  ...RUNNER_END_CODES,
  /** GitLab made no runner, and asking again would not help. */
  "gitlab-refused",
  /** GitLab has asked to wait for so long that the job is given up. */
  "gitlab-throttled",
  /** GitLab did not say whether it made a runner. */
  "gitlab-no-answer",
  "attempts-used-up",
  /** A parameter, a mapping row or a permission is wrong. */
  "configuration",
  "invalid-input",
] as const;
export type AttemptFailureCode = (typeof ATTEMPT_FAILURE_CODES)[number];

/** What a waiting attempt waits for. */
export const WAITING_FOR_CODES = [
  /** A slot under the concurrency limits. */
  "slot",
  /** New starts are switched off. */
  "starts-on",
  /** EC2 grants so many calls a second. */
  "launch-rate",
  /** GitLab named a time before which it is not to be asked for a runner. */
  "gitlab",
] as const;
export type WaitingFor = (typeof WAITING_FOR_CODES)[number];

/** Why nothing follows from an event that names a job: GitLab did not confirm it, or was not asked. */
export const HINT_SKIP_CODES = [
  "no-such-job",
  /** 403 or 404 for the project as a whole: none of ours. */
  "project-refused",
  /** A webhook named it a moment ago, and nothing was to be done. */
  "asked-lately",
  /** Webhooks have cost GitLab too many calls in vain within this minute: the reconciler looks. */
  "vain-calls",
  /** A webhook that is no job event. */
  "malformed",
] as const;
export type HintSkipCode = (typeof HINT_SKIP_CODES)[number];

/** Why a look-up names no runner. */
export const LOOK_UP_SKIP_CODES = [...HINT_SKIP_CODES, "job-not-pending", "job-taken", "unmapped"] as const;
export type LookUpSkipCode = (typeof LOOK_UP_SKIP_CODES)[number];

/** Why a start had nothing to do. */
export const START_SKIP_CODES = [
  /** Nothing will ever start the job: its failure has been recorded. */
  "attempts-used-up",
  "failed-lately",
  "met",
  "launched",
  /** GitLab asked to wait. */
  "too-early",
  /** Another start holds the lease. */
  "under-way",
  "job-ran",
  "runner-unknown",
  "attempt-unknown",
  /** The ledger holds the job's number for another project. */
  "other-project",
  /** GitLab says that the job needs no runner any more. */
  "met-meanwhile",
] as const;
export type StartSkipCode = (typeof START_SKIP_CODES)[number];

/** Why a pick-up had nothing to note. `not-picked-up`: GitLab names no runner that has begun the job. */
export type PickUpSkipCode = HintSkipCode | "not-picked-up";
