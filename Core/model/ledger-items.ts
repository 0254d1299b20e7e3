import type { MicroVmImage } from "../microvm/image";
import type { PriceSource } from "../pricing/prices";
import type { WaitMark, Waits } from "../waiting/causes";
import type {
  AttemptFailureCode,
  InstallFailure,
  LaunchHoldCode,
  RunnerEndCode,
  WaitingFor,
} from "./reasons";
import type { Provider } from "./runner-class";
import type { RunnerOrder } from "./runner-order";

/** The items of the ledger: attempts of jobs, runners, and orphans. */

export const ATTEMPT_STATES = [
  "WAITING",
  "CLAIMED",
  "CREATED",
  "LAUNCHED",
  "RUNNING",
  "ENDED",
  "FAILED",
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** An orphan has two states only: it exists, or it is gone. */
export const ORPHAN_STATES = ["FOUND", "GONE"] as const;
export type OrphanState = (typeof ORPHAN_STATES)[number];

export const RUNNER_STATES = ["STARTING", "BUSY", "ENDING", "GONE"] as const;
export type RunnerState = (typeof RUNNER_STATES)[number];

/** Milliseconds since 1970. */
export type Time = number;

/** What a lease is for. */
export const LEASE_KINDS = ["start", "end", "reconcile"] as const;
export type LeaseKind = (typeof LEASE_KINDS)[number];

/** The right to act on an item until `until`. Each call of a function has a `holder` of its own. */
export interface Lease {
  readonly kind: LeaseKind;
  readonly holder: string;
  readonly until: Time;
}

/**
 * The slot under the limits that an attempt or a runner holds: one counter of the stack, one of the class, and one of the
 * project where projects had a limit when it was taken.
 */
export interface Slot {
  readonly stackShard: number;
  readonly classShard: number;
  readonly project?: { readonly id: number; readonly shard: number };
  /** Absent: the account leaves room for all Lambda runners that the other limits allow, or it is no Lambda runner. */
  readonly lambdaShard?: number;
}

/** The fields of every attempt. They are also the record of a job's wait and cost. */
interface AttemptFields {
  readonly kind: "attempt";
  readonly jobId: number;
  /** From 1. */
  readonly attempt: number;
  /** Number of earlier attempts whose runner took another job. Each ran a job, so none of them failed. */
  readonly reassigned?: number;
  /** No provider launched its runner for so long that no further attempt follows. */
  readonly isLast?: true;
  readonly version: number;
  readonly lease?: Lease;
  /** The attempt has the slot while CLAIMED; from CREATED on the runner has it. */
  readonly slot?: Slot;
  /** What a queued attempt waits for. */
  readonly waitingFor?: WaitingFor;
  /** GitLab is not asked for its runner before this time. */
  readonly notBefore?: Time;
  /** The first time in a row that GitLab asked us to wait. */
  readonly throttledSince?: Time;
  /** When the reconciler or a released slot last put this waiting job's event on the bus. */
  readonly dispatchedAt?: Time;
  readonly runnerId?: number;
  /** The runner that ran the job, if it was another one. */
  readonly ranOnRunnerId?: number;
  readonly resourceId?: string;
  readonly market?: string;
  /** USD. Absent: unknown. */
  readonly pricePerHour?: number;
  /** Where the price comes from. Absent: unknown. */
  readonly priceSource?: PriceSource;
  /** USD, stored at the end. Absent: unknown. */
  readonly cost?: number;
  /** Why it FAILED. */
  readonly reason?: AttemptFailureCode;
  /** What GitLab or AWS answered, for people. No token, and no rule reads it. */
  readonly detail?: string;
  /** What its machine's console said: a hint for people. */
  readonly installFailure?: InstallFailure;
  /** GitLab's status at the end. */
  readonly outcome?: string;
  /** GitLab's reason why the job failed, e.g. `script_failure`; for people. */
  readonly failureReason?: string;
  /** What the job waits for, and since when, first to last, with earlier attempts'. Absent: it does not wait any more. */
  readonly marks?: readonly WaitMark[];
  /** What it waited for from pending to running. Absent: it has not begun, or an earlier version stored it. */
  readonly waits?: Waits;
  /** When each state was reached. */
  readonly times: Readonly<Partial<Record<AttemptState, Time>>>;
  /** Seconds since 1970; DynamoDB's TTL, 30 days after the end. */
  readonly ttl?: number;
}

/** An attempt whose look-up has found the runner class. */
export interface OrderedAttempt extends AttemptFields {
  readonly state: AttemptState;
  readonly order: RunnerOrder;
  readonly classKey: string;
}

/** An attempt whose look-up failed for good, so its runner class is unknown. */
export interface FailedLookUp extends AttemptFields {
  readonly state: "RUNNING" | "ENDED" | "FAILED";
  readonly order?: undefined;
  readonly classKey?: undefined;
  /** As the event named them. */
  readonly projectId: number;
  readonly jobName: string;
}

/** A job's attempt: pk `job#<job id>`, sk `attempt#<two digits>`. */
export type Attempt = OrderedAttempt | FailedLookUp;

/**
 * Lambda's report that a runner's invocation has ended. Job code can write to the log that it comes from, so
 * it is a hint. The runner is dead if it has not contacted GitLab since.
 */
export interface EndReport {
  /** When GitLab was last asked for the runner's contact because of this report. */
  readonly at: Time;
  /** How often it was asked. */
  readonly looks: number;
  /** The execution environment whose invocation ended, as the report names it. */
  readonly environment: string;
  /** The runner's last contact then, by GitLab's clock; 0: none ever. Absent: no answer from GitLab. */
  readonly contactedAt?: Time;
}

/** The fields of every runner, started or adopted. */
interface RunnerFields {
  readonly kind: "runner";
  readonly runnerId: number;
  readonly version: number;
  readonly state: RunnerState;
  /** The job that it was started for; a swap changes it. */
  readonly jobId: number;
  readonly attempt: number;
  /** The job and attempt that it was launched for. Client tokens and tags keep these. */
  readonly launchedFor: { readonly jobId: number; readonly attempt: number };
  /** One lease for both its start and its end. */
  readonly lease?: Lease;
  readonly slot?: Slot;
  /** EC2: the key to which the bootstrap row was moved for its instance. */
  readonly bootstrapKey?: string;
  readonly resourceId?: string;
  readonly market?: string;
  /** USD while it runs. Absent: unknown. */
  readonly pricePerHour?: number;
  /** USD for a function's one invocation. Absent: unknown, or an instance. */
  readonly pricePerRequest?: number;
  /** LAMBDA with tenant isolation: the memory in GB of the environment that was made for it. Estimates go by it. */
  readonly environmentGb?: number;
  /** Where its prices come from. Absent: unknown. */
  readonly priceSource?: PriceSource;
  /** Spot: the pool (see `spotPool`) that its instance is of, if known. */
  readonly pool?: string;
  /** The account had no service-linked role for spot, so it was bought on demand. */
  readonly lacksSpotRole?: true;
  /** The job that it runs, if known. */
  readonly busyJobId?: number;
  readonly busyProjectId?: number;
  readonly pausedAt?: Time;
  /** When an end was first requested. From then on an end waits up to 30 minutes for GitLab. */
  readonly endRequestedAt?: Time;
  readonly endReport?: EndReport;
  /** Environments of repeated deliveries that found the row taken. Their ends are not the runner's end. */
  readonly otherDeliveries?: readonly string[];
  /** GitLab confirmed that this job ended. It counts even if GitLab does not answer later. */
  readonly endedJobId?: number;
  /** Absent on a GONE runner: the record still has to be deleted. */
  readonly recordDeletedAt?: Time;
  /** Why its launch still has to be repeated. */
  readonly heldBy?: LaunchHoldCode;
  /** Since when it has waited for this reason. */
  readonly heldSince?: Time;
  /** What has held its launch back, first to last. Its attempt has them once it is launched. */
  readonly holds?: readonly WaitMark[];
  /** The reason for its end. */
  readonly reason?: RunnerEndCode;
  /** AWS's message about its waiting or refused launch, or about its instance's end; for people. */
  readonly detail?: string;
  /** What its machine's console said: a hint for people. */
  readonly installFailure?: InstallFailure;
  /** MICROVM: its job failed, and the suspended VM is kept until then. */
  readonly keptUntil?: Time;
  readonly times: Readonly<Partial<Record<RunnerState | "CREATED" | "LAUNCHED", Time>>>;
  readonly ttl?: number;
}

/** A runner that one of our starts created. */
export interface StartedRunner extends RunnerFields {
  readonly adopted?: undefined;
  readonly order: RunnerOrder;
  readonly classKey: string;
  readonly provider: Provider;
  /** Key of its bootstrap row: 256 random bits. Useless once the row is read. */
  readonly nonce: string;
  /** Raised before a new launch call, after an answer that proved that nothing runs. */
  readonly launchRound: number;
  /** Spot pools that are left alone in this round. Stored, since a repeated launch must be the same request (I-18). */
  readonly restingPools?: readonly string[];
  /** Spot has lost this job once, so it is bought on demand first. */
  readonly afterSpotLoss?: true;
  /** MICROVM: the image of this round. Stored, as `restingPools` are. Absent: there was none. */
  readonly microVmImage?: MicroVmImage;
}

/** A record with our mark in GitLab that had no item in the ledger. It is stored so that it gets ended. */
export interface OrphanRecord extends RunnerFields {
  readonly adopted: true;
  readonly order?: undefined;
  readonly classKey?: undefined;
  readonly provider?: undefined;
  readonly nonce?: undefined;
  readonly launchRound?: undefined;
  readonly restingPools?: undefined;
  readonly afterSpotLoss?: undefined;
  readonly microVmImage?: undefined;
}

/** A runner: pk `runner#<GitLab's runner id>`, sk `runner`. */
export type Runner = StartedRunner | OrphanRecord;

/**
 * An instance with our tag in EC2 that no runner in the ledger owns. It is stored so that it gets terminated.
 * pk `orphan#<instance id>`, sk `orphan`.
 */
export interface OrphanInstance {
  readonly kind: "orphan";
  /** The instance's id. */
  readonly resourceId: string;
  readonly version: number;
  readonly state: OrphanState;
  /** From its tag. Absent: the tag cannot be read. */
  readonly launchedFor?: { readonly jobId: number; readonly attempt: number };
  readonly times: Readonly<Partial<Record<OrphanState, Time>>>;
  readonly ttl?: number;
}

export type LedgerItem = Attempt | Runner | OrphanInstance;
