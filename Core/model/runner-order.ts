import type { FallbackCode, LookUpSkipCode } from "./reasons";
import type { RunnerClass } from "./runner-class";
import type { SpotBreaker } from "./spot-pool";

/** So many percent of the jobs run within so many seconds after they became pending. */
export interface QueueTimeObjective {
  readonly seconds: number;
  readonly percent: number;
}

/** How many runners there may be at a time, beside the class's own limit. */
export interface Limits {
  /** Of all classes and projects together. */
  readonly stack: number;
  /** Of each project; absent: as many as the others allow. */
  readonly project?: number;
}

/** Without a word of the mapping's settings. */
export const DEFAULT_LIMITS: Limits = { stack: 100 };

/** A branch, or a tag, by its name. */
export interface GitRef {
  readonly name: string;
  readonly isTag: boolean;
}

/** What a MICROVM order becomes where no MicroVM is to be had: the default class of another provider. */
export interface FallbackRunner {
  readonly runnerClass: RunnerClass;
  /** LAMBDA: the function to invoke. */
  readonly functionArn?: string;
}

/**
 * The runner that a job needs, as `look-up-runner` found it. It contains everything that a launch depends on,
 * and nothing that changes between two tries. The ledger stores it, so a repeated launch is identical (I-18).
 * It contains no token and, apart from the job's name in payload mode, no text of the webhook.
 */
export interface RunnerOrder {
  readonly jobId: number;
  readonly projectId: number;
  readonly jobName: string;
  /** The job's tags, sorted, without repeats. Empty for an untagged job. */
  readonly tags: readonly string[];
  /** Milliseconds since 1970: when the job became pending. It orders the queue. */
  readonly queuedAt: number;
  readonly runnerClass: RunnerClass;
  /** As the mapping said at the last look-up; absent: an earlier version's order. */
  readonly limits?: Limits;
  /** LAMBDA: the function to invoke. */
  readonly functionArn?: string;
  /** MICROVM: what it becomes where no MicroVM is to be had. Absent: it waits. */
  readonly fallback?: FallbackRunner;
  /** Why it has become its fallback. Absent: it has not. */
  readonly fallbackBy?: FallbackCode;
  /** GitLab's pipeline: a job that is retried has the same pipeline and name. Absent: unknown. */
  readonly pipelineId?: number;
  /** EC2: when spot pools are left alone, as the mapping's settings say. Absent: the default. */
  readonly spotBreaker?: SpotBreaker;
  /** USD a month at which the project's jobs wait. Absent: they do not. */
  readonly budget?: number;
  /** The branch or tag of the job, from GitLab. Absent: unknown. */
  readonly ref?: GitRef;
  /** Whether the runner's record was created for a protected ref. Absent: GitLab did not tell, or there is no record yet. */
  readonly onProtectedRef?: boolean;
  /** The job's own tags chose the runner, and no row of the mapping. Absent: no. */
  readonly chosenByTags?: boolean;
  /** LAMBDA: where the function is named, for people: a row of the mapping or a parameter. */
  readonly functionNamedBy?: string;
  /** How long a job may wait, as the mapping's settings said. Absent: they said nothing. */
  readonly objective?: QueueTimeObjective;
  /** True if GitLab's API confirmed the job. False in payload mode: then tags come from the mapping row. */
  readonly verified: boolean;
}

/** An order as a start gets it. What is about this one start (see `JobEvent`) is not stored with it. */
export interface StartOrder extends RunnerOrder {
  readonly again?: number;
  /** When its event reached the bus, in milliseconds since 1970. Absent: a workflow of an earlier version. */
  readonly seenAt?: number;
  /** The reconciler found the job: no webhook led to a start. */
  readonly isFound?: true;
  /** It has fallen back: since when it had waited for MicroVMs' launch rate. */
  readonly waitedSince?: number;
}

/** What the task "Look up runner" returns and "Which runner?" chooses by. */
export type RunnerLookup =
  | { readonly kind: "start"; readonly provider: RunnerClass["type"]; readonly order: StartOrder }
  | {
      readonly kind: "nothing";
      readonly reason: LookUpSkipCode;
      /** The job's status, or what the mapping says; for people. */
      readonly detail?: string;
    };
