import type { StandInRef } from "../repository/refs";
import type { JobTrace } from "./trace";

/** The job statuses that the stand-in uses: https://docs.gitlab.com/api/jobs/ */
export type StandInJobStatus =
  | "created"
  | "manual"
  | "pending"
  | "running"
  | "canceling"
  | "success"
  | "failed"
  | "canceled"
  | "skipped";

export const COMPLETE: readonly StandInJobStatus[] = ["success", "failed", "canceled", "skipped"];

export const isComplete = (job: { readonly status: StandInJobStatus }): boolean =>
  COMPLETE.includes(job.status);

export type When = "on_success" | "on_failure" | "always" | "manual";
export const WHEN: readonly When[] = ["on_success", "on_failure", "always", "manual"];

/** When GitLab runs a failed job again by itself: https://docs.gitlab.com/ci/yaml/#retry */
export interface JobRetry {
  /** 0 to 2. */
  readonly max: number;
  /** Failure reasons, or `always`. */
  readonly when: readonly string[];
}

/** A job's specification, as in a pipeline's configuration. */
/** A cache of a job, as `.gitlab-ci.yml` says it. */
export interface JobCacheSpec {
  readonly key: string;
  readonly paths: readonly string[];
  readonly policy: "pull-push" | "pull" | "push";
  readonly when: "on_success" | "on_failure" | "always";
  /** Shared by protected and other refs, as far as GitLab's suffix goes. */
  readonly unprotect: boolean;
}

export interface JobSpec {
  readonly name: string;
  readonly tags: readonly string[];
  readonly script: readonly string[];
  readonly stage: string;
  readonly afterScript: readonly string[];
  readonly when: When;
  readonly allowFailure: boolean;
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly retry: JobRetry;
  readonly image?: string;
  readonly services: readonly string[];
  readonly caches: readonly JobCacheSpec[];
  /** Names of the jobs that it waits for instead of the stages before its own. */
  readonly needs?: readonly string[];
  /** The name that `parallel` made several jobs of. */
  readonly parallelOf?: string;
}

export interface Pipeline {
  readonly id: number;
  readonly iid: number;
  readonly projectId: number;
  /** E.g. `group/app`. */
  readonly projectPath: string;
  readonly createdAt: number;
  readonly sha: string;
  readonly ref: StandInRef;
  /** Whether the ref was protected when the pipeline was created, which is what GitLab goes by. */
  readonly isProtected: boolean;
  /** Stages in order of execution. */
  readonly stages: readonly string[];
  readonly jobs: StandInJob[];
}

export interface Artifact {
  readonly fileType: string;
  readonly format: string;
  readonly size: number;
}

/** Times in milliseconds since 1970. */
export interface StandInJob {
  readonly id: number;
  readonly pipeline: Pipeline;
  readonly spec: JobSpec;
  readonly retriesCount: number;
  readonly createdAt: number;
  readonly trace: JobTrace;
  readonly artifacts: Artifact[];
  status: StandInJobStatus;
  queuedAt?: number | undefined;
  startedAt?: number | undefined;
  finishedAt?: number | undefined;
  failureReason?: string | undefined;
  exitCode?: number | undefined;
  /** Set when the job is assigned, while it is still pending (two-phase commit). */
  runner?: StandInRunner | undefined;
  manager?: Manager | undefined;
  assignedAt?: number | undefined;
  /** Time of the runner's last report about this job. */
  reportedAt?: number | undefined;
  /** The job token of this assignment. */
  token?: string | undefined;
  /** Job tokens of assignments that were not confirmed. */
  readonly staleTokens: Set<string>;
  cancelGracefully: boolean;
  /** The time-out that the runner gets: the smaller of the job's and the runner's. */
  timeoutSeconds: number;
  /** Whether a retry has replaced this job in the pipeline. */
  retried: boolean;
}

export interface Manager {
  readonly id: number;
  readonly systemId: string;
  readonly createdAt: number;
  contactedAt: number;
  version: string | null;
  platform: string | null;
  architecture: string | null;
  executor: string | null;
}

export type RunnerType = "project_type" | "group_type" | "instance_type";
export const RUNNER_TYPES: readonly RunnerType[] = ["project_type", "group_type", "instance_type"];

/** A runner record. Its managers are the processes that use its token. */
export interface StandInRunner {
  readonly id: number;
  readonly token: string;
  readonly type: RunnerType;
  /** Set for a project runner. */
  readonly projectId?: number | undefined;
  readonly createdAt: number;
  readonly managers: Map<string, Manager>;
  description: string;
  tags: readonly string[];
  runUntagged: boolean;
  locked: boolean;
  paused: boolean;
  accessLevel: "not_protected" | "ref_protected";
  maximumTimeout: number | null;
  maintenanceNote: string | null;
  contactedAt?: number | undefined;
  /** X-GitLab-Last-Update: changes whenever there may be a job for this runner. */
  queueValue: string;
  /** Wake its long polls. */
  readonly polls: Set<() => void>;
  deleted: boolean;
}

export interface Webhook {
  readonly id: number;
  /** Absent for a group's webhook, and for that of the whole stand-in. */
  readonly projectId?: number;
  readonly groupId?: number;
  readonly createdAt: number;
  url: string;
  token?: string | undefined;
  /** `whsec_` and base64: deliveries are signed with it. */
  signingToken?: string | undefined;
  name: string | null;
  description: string | null;
  enableSslVerification: boolean;
  /** Subscribed events; the stand-in sends `job_events` only. */
  readonly events: Set<string>;
  /** Number of consecutive failed deliveries. */
  failures: number;
  disabledUntil?: number | undefined;
}
