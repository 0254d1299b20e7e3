import type { GitLabJob, GitLabRunner } from "../../Core/gitlab/answers";
import type { LedgerReader, StateRecord } from "../../Core/ledger/reader";
import type { RefusedStatus } from "../../Core/ledger/refusals";
import type { BootstrapRow } from "../../Core/model/bootstrap-row";
import type { LedgerItem, Slot, StartedRunner, Time } from "../../Core/model/ledger";
import type { LaunchRefusal, StopCode } from "../../Core/model/reasons";
import type { RunnerClass } from "../../Core/model/runner-class";
import type { Page } from "../../Core/page";

/**
 * What the rules need of the outside world. Every port has one fake (`testing/fakes/`), one adapter or more
 * (`adapters/`), and one contract suite that all of them pass. Unless said otherwise a method throws
 * TransientError when the outcome is unknown and ConfigurationError when an operator must act.
 */

export interface Clock {
  now(): Time;
  sleep(milliseconds: number): Promise<void>;
}

/** Random bits: 256 of them in hexadecimal. */
export type Nonce = () => string;

// ---------------------------------------------------------------------------------------------- ledger

/**
 * One write of a transaction. `put` of an item is on condition that the stored version is `item.version - 1`
 * (version 1: that there is none). `take` is on condition that the shard's count is below `limit`.
 */
export type LedgerChange =
  | { readonly put: LedgerItem }
  | { readonly check: LedgerItem }
  | { readonly take: { readonly scope: string; readonly shard: number; readonly limit: number } }
  | { readonly releaseSlot: { readonly scope: string; readonly shard: number } }
  | { readonly stateRecord: StateRecord }
  | { readonly bootstrap: BootstrapRow };

/** ReservationWindow `gap` milliseconds apart, of which each is given away once. All times in whole milliseconds. */
export interface ReservationWindow {
  readonly gap: number;
  /** The first one that may be given. What lies before is lost. */
  readonly from: Time;
  readonly until: Time;
}

/** A row's next moment that lies so far after `until` is a clock's error or a broken item: the row begins anew. */
export const CLOCK_ERROR_MILLISECONDS = 60_000;

export interface Ledger extends LedgerReader {
  /** All or nothing. False: a condition did not hold, nothing was written: read again and follow (F-17). */
  commit(changes: readonly LedgerChange[]): Promise<boolean>;
  /**
   * The next moment of a row that all who ask share; undefined when it lies after `until`. One item and no
   * transaction: any number may ask at once, and none is in another's way.
   */
  reserve(row: string, moments: ReservationWindow): Promise<Time | undefined>;
}

export interface BootstrapRows {
  /** Moves a row to the key that one instance may read. True also when it was moved before; false: there is none. */
  move(fromKey: string, toKey: string): Promise<boolean>;
  /** Removes a row that nobody will read. No row is success. */
  remove(key: string): Promise<void>;
}

/** Numbers that all functions share, each of one row and one minute since 1970. Kept for an hour or so. */
export interface MinuteCounters {
  /** In the order of the rows, 0 where nothing was counted, and where the client is not loaded yet. */
  read(rows: readonly string[], minute: number): Promise<readonly number[]>;
  /** Adds one. @returns the new number */
  add(row: string, minute: number): Promise<number>;
}

// ---------------------------------------------------------------------------------------------- mapping

/** A row of the mapping table as stored, checked for shape by the rule that reads it. */
export interface MappingRow {
  readonly pk: string;
  readonly sk: string;
  readonly [field: string]: unknown;
}

export interface Mappings {
  /** All rows under a partition key. */
  rows(pk: string): Promise<readonly MappingRow[]>;
  /** Projects that any row names, by its key or as allowed; the whole table is read. May lag. */
  projectIds(): Promise<readonly number[]>;
}

// ---------------------------------------------------------------------------------------------- GitLab

export interface NewRunner {
  readonly projectId: number;
  readonly description: string;
  readonly tags: readonly string[];
  /** Seconds, at least 600. */
  readonly maximumTimeoutSeconds: number;
}

/** GitLab's answer proves that no runner was made, and asking again will not help: 1,000-runner limit, 403, 410, 422. */
export interface RunnerRefused {
  readonly refused: string;
}

/** The project's own answer, not GitLab's: CI/CD is switched off there, or nobody of the token's knows it (any more). */
export interface ProjectRefused {
  readonly refused: RefusedStatus;
}

/** The job itself, where GitLab gave one. */
export const foundJob = (answer: GitLabJob | ProjectRefused | undefined): GitLabJob | undefined =>
  answer !== undefined && "refused" in answer ? undefined : answer;

/** Every method throws ThrottledError when GitLab asks to be left alone for a while. */
export interface GitLab {
  /** `payload` mode has `createRunner` alone; the rest throws ConfigurationError there. */
  readonly mode: "verified" | "payload";
  readonly url: string;
  /** Undefined: the project has no such job, or a replica has not heard of it yet. */
  job(projectId: number, jobId: number): Promise<GitLabJob | ProjectRefused | undefined>;
  /** Project-scoped, locked, `run_untagged` only without tags. Tokens stay out of logs and errors. */
  createRunner(runner: NewRunner): Promise<{ readonly id: number; readonly token: string } | RunnerRefused>;
  runner(runnerId: number): Promise<GitLabRunner | undefined>;
  /** "deleted": 404. */
  pauseRunner(runnerId: number): Promise<"paused" | "deleted">;
  /** Jobs assigned to the runner, unfiltered, newest first (two-phase commit: some may be pending). */
  runnerJobs(runnerId: number): Promise<readonly GitLabJob[]>;
  /** 404 is success. */
  deleteRunner(runnerId: number): Promise<void>;
  /** Records that the token may see, one page; the caller picks those with our description. */
  runners(cursor?: string): Promise<Page<GitLabRunner>>;
  jobs(
    projectId: number,
    scope: readonly string[],
    cursor?: string,
  ): Promise<Page<GitLabJob> | ProjectRefused>;
  /** Projects that the token is a member of. */
  projectIds(cursor?: string): Promise<Page<number>>;
}

// ---------------------------------------------------------------------------------------------- providers

export type Launch =
  | {
      readonly kind: "launched";
      readonly resourceId: string;
      readonly market?: string;
      /** USD. Absent: unknown. */
      readonly pricePerHour?: number;
      /** EC2: the key under which the instance will ask for its row. */
      readonly bootstrapKey?: string;
    }
  /** An answer that proves that nothing runs. */
  | { readonly kind: "refused"; readonly refusal: LaunchRefusal; readonly message: string };

/**
 * A provider. Lambda and EC2 are two adapters of it; another provider plugs in here. A launch is a pure function
 * of the stored runner (I-18): the same runner and round give the same client token and parameters.
 */
export interface RunnerProvider {
  /** Throws TransientError when it may have been launched: the caller keeps the state, a repeat adopts. */
  launch(runner: StartedRunner): Promise<Launch>;
  /** Looks for what a lost answer may have left behind, by our tag. Undefined: nothing found. */
  find(runner: StartedRunner): Promise<Launch | undefined>;
}

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

export interface Instance {
  readonly instanceId: string;
  readonly state: InstanceState;
  readonly launchedAt: Time;
  /** Why EC2 says that it ends or has ended, e.g. `Server.SpotInstanceTermination: …`; for people. */
  readonly stateReason?: string;
  /** From the tag `glr:job`; undefined when it is not ours to read. */
  readonly jobId?: number;
  readonly attempt?: number;
}

export interface Instances {
  /** Only what carries our `glr:stack`, any state that EC2 still shows. */
  list(cursor?: string): Promise<Page<Instance>>;
  /** Undefined: EC2 does not show it (a new one may take minutes to appear, F-35). */
  describe(instanceId: string): Promise<Instance | undefined>;
  /** "Not found" is success. */
  terminate(instanceId: string): Promise<void>;
}

/** What a runner function's tags say. */
export interface RunnerFunctions {
  /** Throws ConfigurationError when it lacks `glr:role` = `runner` or our `glr:stack`. */
  isTenantIsolated(functionArn: string): Promise<boolean>;
}

// ---------------------------------------------------------------------------------------------- the rest

/** An event for the bus; the adapter adds source `gitlab.reconciler`. */
export type OurEvent =
  | {
      readonly detailType: "GitLabJobEvent";
      readonly job: GitLabJob;
      readonly attempt?: number;
    }
  | {
      readonly detailType: "RunnerEnded";
      readonly runnerId?: number;
      readonly resourceId?: string;
      readonly reason: StopCode;
    };

export interface EventBus {
  put(events: readonly OurEvent[]): Promise<void>;
}

export interface Settings {
  /** `Starts` is not `off`. */
  startsAreOn(): Promise<boolean>;
}

/** Counted by CloudWatch; a dimension's value is one of few. */
export type Metric = (name: string, value?: number, dimensions?: Readonly<Record<string, string>>) => void;

export interface Limits {
  readonly stack: number;
  readonly ofClass: (runnerClass: RunnerClass) => number;
}

export { SHARDS, STACK } from "../../Core/ledger/keys";
export type { GitLabJob, GitLabRunner, LaunchRefusal, Page, Slot, StateRecord };
