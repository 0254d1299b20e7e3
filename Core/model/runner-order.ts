import type { LookUpSkipCode } from "./reasons";
import type { RunnerClass } from "./runner-class";

/**
 * The runner that a job needs, as `look-up-runner` found it: everything a launch depends on, and nothing that
 * changes between two tries. The ledger stores it with the attempt, so a repeated launch repeats itself (I-18).
 * Holds no token and, but for the job's name, no text of the webhook.
 */
export interface RunnerOrder {
  readonly jobId: number;
  readonly projectId: number;
  readonly jobName: string;
  /** The job's tags, sorted, without repeats; empty for an untagged job. */
  readonly tags: readonly string[];
  /** Milliseconds since 1970 by GitLab's clock: when the job became pending, for the queue's order. */
  readonly queuedAt: number;
  readonly runnerClass: RunnerClass;
  /** LAMBDA: the function to invoke. */
  readonly functionArn?: string;
  /** LAMBDA: what names the function, for people: a row of the mapping or a parameter. */
  readonly functionNamedBy?: string;
  /** Whether GitLab's API confirmed the job. False in payload mode: then tags come from the mapping row. */
  readonly verified: boolean;
}

/** An order as a start gets it. The wish for one more attempt (see `JobEvent`) is not stored with it. */
export interface StartOrder extends RunnerOrder {
  readonly again?: number;
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
