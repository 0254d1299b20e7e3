import type { Trace } from "./trace";

/** https://docs.gitlab.com/api/jobs/: the statuses that the stand-in uses, in GitLab's words. */
export type Status =
  | "created"
  | "manual"
  | "pending"
  | "running"
  | "canceling"
  | "success"
  | "failed"
  | "canceled"
  | "skipped";

export const COMPLETE: readonly Status[] = ["success", "failed", "canceled", "skipped"];

export const isComplete = (job: { readonly status: Status }): boolean => COMPLETE.includes(job.status);

export type When = "on_success" | "on_failure" | "always" | "manual";
export const WHEN: readonly When[] = ["on_success", "on_failure", "always", "manual"];

/** A job as a pipeline's author writes it. */
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
}

export interface Pipeline {
  readonly id: number;
  readonly iid: number;
  readonly projectId: number;
  readonly createdAt: number;
  readonly sha: string;
  /** Stages in the order in which they run. */
  readonly stages: readonly string[];
  readonly jobs: Job[];
}

export interface Artifact {
  readonly fileType: string;
  readonly format: string;
  readonly size: number;
}

/** Times in milliseconds since 1970. */
export interface Job {
  readonly id: number;
  readonly pipeline: Pipeline;
  readonly spec: JobSpec;
  readonly retriesCount: number;
  readonly createdAt: number;
  readonly trace: Trace;
  readonly artifacts: Artifact[];
  status: Status;
  queuedAt?: number | undefined;
  startedAt?: number | undefined;
  finishedAt?: number | undefined;
  failureReason?: string | undefined;
  exitCode?: number | undefined;
  /** Set while the job is still pending (two-phase commit) and afterwards. */
  runner?: RunnerRecord | undefined;
  manager?: Manager | undefined;
  assignedAt?: number | undefined;
  /** Last word from the runner about this job. */
  reportedAt?: number | undefined;
  /** The job token of this assignment. */
  token?: string | undefined;
  /** Tokens of assignments that were never confirmed. */
  readonly staleTokens: Set<string>;
  cancelGracefully: boolean;
  /** Seconds that the runner was told: the smaller of the job's and the runner's. */
  timeoutSeconds: number;
  /** Another job has taken its place in the pipeline. */
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

/** A runner record. Managers are the processes that use its token. */
export interface RunnerRecord {
  readonly id: number;
  readonly token: string;
  readonly type: RunnerType;
  /** Of a project runner. */
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
  /** Changes whenever there may be something new for this runner: X-GitLab-Last-Update. */
  queueValue: string;
  /** Wakes its held `jobs/request` calls. */
  readonly polls: Set<() => void>;
  deleted: boolean;
}

export interface Hook {
  readonly id: number;
  /** Absent: the one hook of the whole stand-in, as a group hook would be. */
  readonly projectId?: number;
  readonly createdAt: number;
  url: string;
  token?: string | undefined;
  /** `whsec_` and base64: deliveries are signed with it. */
  signingToken?: string | undefined;
  name: string | null;
  description: string | null;
  enableSslVerification: boolean;
  /** The events it is subscribed to; `job_events` is the only one that is ever sent. */
  readonly events: Set<string>;
  /** Deliveries that failed one after another. */
  failures: number;
  disabledUntil?: number | undefined;
}
