import type { BusEntry } from "../../Core/events/bus-entry";
import type { GitLabJob, GitLabProject, GitLabRunner } from "../../Core/gitlab/answers";
import type { LedgerReader, SlotCounters, StateRecord } from "../../Core/ledger/reader";
import type { RefusedStatus } from "../../Core/ledger/refusals";
import type { DeploymentMetric } from "../../Core/log";
import type { MicroVmImage } from "../../Core/microvm/image";
import type { BootstrapRow, CachePath, RunnerCache } from "../../Core/model/bootstrap-row";
import type { LedgerItem, Slot, StartedRunner, Time } from "../../Core/model/ledger";
import type { InstallFailure, LaunchFailure, LaunchRefusal, StopCode } from "../../Core/model/reasons";
import type { MicroVmMemory } from "../../Core/model/runner-class";
import type { GitRef } from "../../Core/model/runner-order";
import type { Page } from "../../Core/page";
import type { Launchables } from "../../Core/pricing/launchables";
import type { ListedPrices, SpotPrices } from "../../Core/pricing/price-record";
import type { FunctionSize } from "../../Core/pricing/prices";
import type { DayNames, DayUsage } from "../../Core/usage/sums";
import type { UsageKey } from "../../Core/usage/usage-key";
import type { UsageNumbers, UsageReader } from "../../Core/usage/usage-reader";

/**
 * What the rules need from outside. Every port has one fake (`testing/fakes/`), one adapter or more
 * (`adapters/`), and one contract suite that all of them pass. Unless a method says otherwise, it throws
 * TransientError if the outcome is unknown and ConfigurationError if an operator must act.
 */

export interface Clock {
  now(): Time;
  sleep(milliseconds: number): Promise<void>;
}

/** Returns 256 random bits in hexadecimal. */
export type Nonce = () => string;

// ---------------------------------------------------------------------------------------------- ledger

/**
 * One write of a transaction. `put` requires that the stored version is `item.version - 1` (version 1: that
 * there is no item). `take` requires that the shard's count is below `limit`.
 */
export type LedgerChange =
  | { readonly put: LedgerItem }
  | { readonly check: LedgerItem }
  | { readonly take: { readonly scope: string; readonly shard: number; readonly limit: number } }
  /** Stored whatever was stored before. */
  | { readonly slotLimit: { readonly scope: string; readonly limit: number } }
  | { readonly releaseSlot: { readonly scope: string; readonly shard: number } }
  | { readonly stateRecord: StateRecord }
  /** Adds to a day's counts. A key at most once a transaction. `ttl`: seconds since 1970. */
  | { readonly count: { readonly key: UsageKey; readonly add: UsageNumbers; readonly ttl: number } }
  | { readonly bootstrap: BootstrapRow };

/** Reservation times, `gap` apart, each given to one caller. All values in whole milliseconds. */
export interface ReservationWindow {
  readonly gap: number;
  /** The earliest time to reserve. Earlier times are skipped. */
  readonly from: Time;
  readonly until: Time;
}

/** A next time this far after `until` is a clock error or a broken item: the row is then reset. */
export const CLOCK_ERROR_MILLISECONDS = 60_000;

export interface Ledger extends LedgerReader {
  /** Commits all or nothing. False: a condition failed and nothing was written; read again (F-17). */
  commit(changes: readonly LedgerChange[]): Promise<boolean>;
  /**
   * Reserves the next time of a row that all callers share. Undefined: it is after `until`. It writes one
   * item without a transaction, so concurrent calls do not block each other.
   */
  reserve(row: string, moments: ReservationWindow): Promise<Time | undefined>;
}

/** What is counted, and the daily sums of it. A row replaces the one before it. */
export interface UsageRows extends UsageReader {
  putDay(row: DayUsage): Promise<void>;
  putNames(row: DayNames): Promise<void>;
}

export interface BootstrapRows {
  /** A row as it is stored; undefined: there is none. */
  read(key: string): Promise<BootstrapRow | undefined>;
  /** Moves a row to the key that one instance may read. True: moved now or before. False: there is no row. */
  move(fromKey: string, toKey: string): Promise<boolean>;
  /** Removes a row that will not be read. A missing row is a success. */
  remove(key: string): Promise<void>;
}

/** Numbers that all functions share, one for each row and minute since 1970. Kept for about an hour. */
export interface MinuteCounters {
  /** Numbers in the order of the rows; 0 if nothing was counted or the client is not loaded yet. */
  read(rows: readonly string[], minute: number): Promise<readonly number[]>;
  /** Adds one. @returns the new number */
  add(row: string, minute: number): Promise<number>;
}

// ---------------------------------------------------------------------------------------------- mapping

/** A row of the mapping table as stored. The rule that reads it checks its shape. */
export interface MappingRow {
  readonly pk: string;
  readonly sk: string;
  readonly [field: string]: unknown;
}

export interface Mappings {
  /** All rows of one partition key. */
  rows(pk: string): Promise<readonly MappingRow[]>;
  /** Projects that any row names in its key or allows. Reads the whole table and may lag. */
  projectIds(): Promise<readonly number[]>;
  /** What its rows let start, as far as prices hang on it. Reads the whole table and may lag. */
  launchables(): Promise<Launchables>;
}

// ---------------------------------------------------------------------------------------------- GitLab

export interface NewRunner {
  readonly projectId: number;
  readonly description: string;
  readonly tags: readonly string[];
  /** Seconds, at least 600. */
  readonly maximumTimeoutSeconds: number;
  /** `ref_protected`: it gets only jobs of protected branches and tags. `not_protected`: any job. */
  readonly accessLevel: "ref_protected" | "not_protected";
}

/** An answer that proves that no runner was created and none will be: 1,000-runner limit, 403, 410, 422. */
export interface RunnerRefused {
  readonly refused: string;
}

/** The project refuses: its CI/CD is switched off, or the token cannot see the project (any more). */
export interface ProjectRefused {
  readonly refused: RefusedStatus;
}

/** The job, if GitLab returned one. */
export const foundJob = (answer: GitLabJob | ProjectRefused | undefined): GitLabJob | undefined =>
  answer !== undefined && "refused" in answer ? undefined : answer;

/** Every method throws ThrottledError if GitLab asks for a pause. */
export interface GitLab {
  /** `payload` mode has only `createRunner`; the other methods throw ConfigurationError. */
  readonly mode: "verified" | "payload";
  readonly url: string;
  /** PEM of a private certificate authority, which its runners need too. */
  readonly caCertificate?: string;
  /** Undefined: the project has no such job, or GitLab's replica does not have it yet. */
  job(projectId: number, jobId: number): Promise<GitLabJob | ProjectRefused | undefined>;
  /** True if the branch or tag is protected. Undefined: no such ref, or the token may not see it. */
  isProtected(projectId: number, ref: GitRef): Promise<boolean | undefined>;
  /** Project-scoped, locked, `run_untagged` only without tags. No token in logs and errors. */
  createRunner(runner: NewRunner): Promise<{ readonly id: number; readonly token: string } | RunnerRefused>;
  runner(runnerId: number): Promise<GitLabRunner | undefined>;
  /** "deleted": 404. */
  pauseRunner(runnerId: number): Promise<"paused" | "deleted">;
  /** Jobs assigned to the runner in any state, newest first (two-phase commit: some may be pending). */
  runnerJobs(runnerId: number): Promise<readonly GitLabJob[]>;
  /** 404 is a success. */
  deleteRunner(runnerId: number): Promise<void>;
  /** One page of the records that the token can see. The caller selects those with our description. */
  runners(cursor?: string): Promise<Page<GitLabRunner>>;
  jobs(
    projectId: number,
    scope: readonly string[],
    cursor?: string,
  ): Promise<Page<GitLabJob> | ProjectRefused>;
  /** Projects that the token is a member of. */
  projects(cursor?: string): Promise<Page<GitLabProject>>;
  /** May be some minutes old. Undefined: 404. */
  project(projectId: number): Promise<GitLabProject | undefined>;
}

// ---------------------------------------------------------------------------------------------- providers

/** What a launch has learned of spot, whatever came of it. */
export interface SpotLessons {
  /** Pools (see `spotPool`) that had no capacity. Absent: none. */
  readonly shortPools?: readonly string[];
  /** The account has no service-linked role for spot. */
  readonly lacksSpotRole?: true;
}

export type Launch = SpotLessons &
  (
    | {
        readonly kind: "launched";
        readonly resourceId: string;
        readonly market?: string;
        /** EC2, as it says it. Absent: unknown. */
        readonly instanceType?: string;
        /** EC2: the key under which the instance reads its bootstrap row. */
        readonly bootstrapKey?: string;
        /** Spot: the pool that it is of. Absent: unknown. */
        readonly pool?: string;
      }
    /** An answer that proves that nothing was launched. */
    | {
        readonly kind: "refused";
        readonly refusal: LaunchRefusal;
        /** Where an operator must act; absent: `launch-refused`. */
        readonly reason?: LaunchFailure;
        readonly message: string;
      }
  );

/**
 * A provider of runners: Lambda, EC2, MicroVMs; another one is added here. A launch is a pure
 * function of the stored runner (I-18): the same runner and round give the same client token and parameters.
 */
export interface RunnerProvider {
  /** Throws TransientError if the outcome is unknown: the caller keeps the state and repeats the launch. */
  launch(runner: StartedRunner): Promise<Launch>;
  /** Finds by our tag what a launch with a lost answer may have started. Undefined: nothing found. */
  find(runner: StartedRunner): Promise<Launch | undefined>;
}

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

export interface Instance {
  readonly instanceId: string;
  readonly state: InstanceState;
  readonly launchedAt: Time;
  /** EC2's reason for the instance's end, e.g. `Server.SpotInstanceTermination: …`; for people. */
  readonly stateReason?: string;
  /** From the tag `glr:job`. Undefined: no tag, or not in our format. */
  readonly jobId?: number;
  readonly attempt?: number;
}

export interface Instances {
  /** Instances with our tag `glr:stack`, in any state that EC2 still shows. */
  list(cursor?: string): Promise<Page<Instance>>;
  /** Undefined: EC2 does not show it. A new instance may take minutes to appear (F-35). */
  describe(instanceId: string): Promise<Instance | undefined>;
  /** "Not found" is a success. */
  terminate(instanceId: string): Promise<void>;
  /** What the instance's console says of a failed installation: a hint for people. Undefined: nothing, or not yet. */
  installFailure(instanceId: string): Promise<InstallFailure | undefined>;
}

/** The MicroVMs of this deployment's images. They carry no mark: a list does not tell whose one is. */
export interface MicroVms extends Pick<Instances, "list" | "describe" | "terminate"> {
  /** Keeps the VM with its memory and disk, at the price of its snapshot. */
  suspend(microVmId: string): Promise<void>;
}

/** The images that MicroVmRunner has published. */
export interface MicroVmImages {
  /** Undefined: none of this size. */
  image(memoryMiB: MicroVmMemory): Promise<MicroVmImage | undefined>;
}

/** Checks runner functions by their tags. */
export interface RunnerFunctions {
  /** Throws ConfigurationError if the function lacks `glr:role` = `runner` or our `glr:stack`. */
  isTenantIsolated(functionArn: string): Promise<boolean>;
}

/** What Lambda grants the account. */
export interface LambdaAccount {
  /** Concurrent executions of all functions together. Undefined: Lambda does not say. */
  concurrency(): Promise<number | undefined>;
}

// ---------------------------------------------------------------------------------------------- prices

/** AWS's price list of the deployment's region. */
export interface PriceList {
  /** USD an hour on demand of each of these types that the list has. */
  instances(instanceTypes: readonly string[]): Promise<ListedPrices["instances"]>;
  lambda(): Promise<ListedPrices["lambda"]>;
}

/** What EC2 tells of spot. */
export interface SpotMarket {
  /** USD an hour now, by instance type and zone. */
  prices(instanceTypes: readonly string[]): Promise<SpotPrices["instances"]>;
  /** The zone of each subnet that is there. */
  zones(subnetIds: readonly string[]): Promise<Readonly<Record<string, string>>>;
}

export interface FunctionSizes {
  /** Undefined: there is no such function, or it is no runner of this deployment. */
  size(functionArn: string): Promise<FunctionSize | undefined>;
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
  /** Puts events for others. Not together with our own: the right to each names its source. */
  tell(events: readonly BusEntry[]): Promise<void>;
}

export interface Settings {
  /** False if `Starts` is `off`. */
  startsAreOn(): Promise<boolean>;
}

/** What the credentials of a runner's cache may reach, and how long it may need them. */
export interface CacheScope {
  readonly path: CachePath;
  readonly projectId: number;
  /** They end earlier where STS does not give so much. */
  readonly seconds: number;
}

/** The cache of one project's jobs. It answers, or throws, within about a second. */
export type CacheAccess = (scope: CacheScope) => Promise<RunnerCache>;

// ---------------------------------------------------------------------------------------------- prices

/** A launch's price as its runner stores it. Empty: it is unknown. */
export type LaunchPrice = Pick<
  StartedRunner,
  "pricePerHour" | "pricePerRequest" | "priceSource" | "environmentGb"
>;

/** Prices what was launched. */
export type PriceLaunch = (
  runner: Pick<StartedRunner, "provider" | "order">,
  launch: Extract<Launch, { kind: "launched" }>,
) => LaunchPrice;

/** What launches cost. */
export interface LaunchPrices {
  /** Reads what is known now. It never throws: a job starts though its price is not known. */
  pricing(reads: {
    readonly ledger: Pick<Ledger, "stateRecord">;
    readonly clock: Clock;
  }): Promise<PriceLaunch>;
}

/** A CloudWatch metric. Each dimension has only a few values. */
export type Metric = DeploymentMetric;

export { SHARDS, STACK } from "../../Core/ledger/keys";
export type {
  GitLabJob,
  GitLabProject,
  GitLabRunner,
  GitRef,
  LaunchRefusal,
  Page,
  RunnerCache,
  Slot,
  SlotCounters,
  StateRecord,
  Time,
};
