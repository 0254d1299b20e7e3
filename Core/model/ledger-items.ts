import type { AttemptFailureCode, LaunchHoldCode, RunnerEndCode, WaitingFor } from "./reasons";
import type { Provider } from "./runner-class";
import type { RunnerOrder } from "./runner-order";

/** What the ledger holds: the attempts of jobs, runners, and what was found without either. */

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

/** An orphan has no life of its own to follow: it is there, or it is gone. */
export const ORPHAN_STATES = ["FOUND", "GONE"] as const;
export type OrphanState = (typeof ORPHAN_STATES)[number];

export const RUNNER_STATES = ["STARTING", "BUSY", "ENDING", "GONE"] as const;
export type RunnerState = (typeof RUNNER_STATES)[number];

/** Milliseconds since 1970. */
export type Time = number;

/** What a lease is for. */
export const LEASE_KINDS = ["start", "end", "reconcile"] as const;
export type LeaseKind = (typeof LEASE_KINDS)[number];

/** The right to act on an item until `until`. `holder` is new at every call of a function: nobody inherits it. */
export interface Lease {
  readonly kind: LeaseKind;
  readonly holder: string;
  readonly until: Time;
}

/** The slot under the limits that an attempt or a runner holds: one counter of the stack, one of the class. */
export interface Slot {
  readonly stackShard: number;
  readonly classShard: number;
}

/** What every attempt of a job has. It is also the record of what the job waited and cost. */
interface AttemptFields {
  readonly kind: "attempt";
  readonly jobId: number;
  /** From 1. */
  readonly attempt: number;
  /** How many attempts before this one lost their runner to another job: each of those ran a job, none failed. */
  readonly reassigned?: number;
  /** No provider was to be had for its runner, for so long that no other attempt follows. */
  readonly isLast?: true;
  readonly version: number;
  readonly lease?: Lease;
  /** Held while CLAIMED; from CREATED on the slot is the runner's. */
  readonly slot?: Slot;
  /** What an attempt in the queue waits for. */
  readonly waitingFor?: WaitingFor;
  /** Sooner GitLab is not to be asked for its runner again. */
  readonly notBefore?: Time;
  /** The first time in a row that GitLab asked to wait. */
  readonly throttledSince?: Time;
  /** When the reconciler or a freed slot last put this waiting job's event on the bus. */
  readonly dispatchedAt?: Time;
  readonly runnerId?: number;
  /** The runner that really ran the job, when it is another one's. */
  readonly ranOnRunnerId?: number;
  readonly resourceId?: string;
  readonly market?: string;
  /** USD. Absent: unknown. */
  readonly pricePerHour?: number;
  /** USD, written at the end. Absent: unknown. */
  readonly cost?: number;
  /** Why it FAILED. */
  readonly reason?: AttemptFailureCode;
  /** What GitLab or AWS said of it, for people. Never a token, and nothing is decided by it. */
  readonly detail?: string;
  /** GitLab's status at the end. */
  readonly outcome?: string;
  /** Why the job failed, in GitLab's word, e.g. `script_failure`; for people. */
  readonly failureReason?: string;
  /** When each state was reached. */
  readonly times: Readonly<Partial<Record<AttemptState, Time>>>;
  /** Seconds since 1970; DynamoDB's TTL, 30 days after the end. */
  readonly ttl?: number;
}

/** An attempt for which it is known which runner the job needs. */
export interface OrderedAttempt extends AttemptFields {
  readonly state: AttemptState;
  readonly order: RunnerOrder;
  readonly classKey: string;
}

/** An attempt whose look-up failed for good: which runner the job needs was not found out. */
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
 * Lambda's report that a runner's invocation has ended. It comes through a log that job code may write, so it is a
 * hint: the runner is dead when GitLab has heard nothing of it since.
 */
export interface EndReport {
  /** When GitLab was last asked for the runner's contact because of the report. */
  readonly at: Time;
  /** How often it was asked. */
  readonly looks: number;
  /** The execution environment whose invocation ended, as the report names it. */
  readonly environment: string;
  /** The runner's last contact by GitLab's clock, as it was then; 0: none ever. Absent: GitLab did not say. */
  readonly contactedAt?: Time;
}

/** What every runner has, whoever made it. */
interface RunnerFields {
  readonly kind: "runner";
  readonly runnerId: number;
  readonly version: number;
  readonly state: RunnerState;
  /** The job it is there for; a swap changes it. */
  readonly jobId: number;
  readonly attempt: number;
  /** The job and attempt it was launched for: client tokens and tags stay with these for ever. */
  readonly launchedFor: { readonly jobId: number; readonly attempt: number };
  /** One lease, for its start and its end. */
  readonly lease?: Lease;
  readonly slot?: Slot;
  /** EC2: the key to which the row was moved for its instance. */
  readonly bootstrapKey?: string;
  readonly resourceId?: string;
  readonly market?: string;
  readonly pricePerHour?: number;
  /** The job it runs, when it is known to run one. */
  readonly busyJobId?: number;
  readonly busyProjectId?: number;
  readonly pausedAt?: Time;
  /** First time an end was asked for; termination waits for GitLab 30 minutes from here. */
  readonly endRequestedAt?: Time;
  readonly endReport?: EndReport;
  /** Environments to which Lambda delivered the start again, and which found the row taken: their ends are not its. */
  readonly otherDeliveries?: readonly string[];
  /** The job it ran has ended, by GitLab's word: what stands, also when GitLab does not answer later. */
  readonly endedJobId?: number;
  /** Absent on a GONE runner: its record is still to be deleted. */
  readonly recordDeletedAt?: Time;
  /** Why its launch is still to be repeated. */
  readonly heldBy?: LaunchHoldCode;
  /** Since when it is held by just this. */
  readonly heldSince?: Time;
  /** Why it ends, or ended. */
  readonly reason?: RunnerEndCode;
  /** What AWS said of its launch while it is held, of its refusal, or of its instance's end; for people. */
  readonly detail?: string;
  readonly times: Readonly<Partial<Record<RunnerState | "CREATED" | "LAUNCHED", Time>>>;
  readonly ttl?: number;
}

/** A runner that a start of ours made. */
export interface StartedRunner extends RunnerFields {
  readonly adopted?: undefined;
  readonly order: RunnerOrder;
  readonly classKey: string;
  readonly provider: Provider;
  /** Key of its bootstrap row: 256 random bits. Of no use once the row is read. */
  readonly nonce: string;
  /** Raised before a launch call is made anew after an answer that proved that nothing runs. */
  readonly launchRound: number;
}

/** A record that was found in GitLab by our mark without an item of its own: it is there to be ended. */
export interface OrphanRecord extends RunnerFields {
  readonly adopted: true;
  readonly order?: undefined;
  readonly classKey?: undefined;
  readonly provider?: undefined;
  readonly nonce?: undefined;
  readonly launchRound?: undefined;
}

/** A runner: pk `runner#<GitLab's runner id>`, sk `runner`. */
export type Runner = StartedRunner | OrphanRecord;

/**
 * An instance that was found in EC2 by our tag without a runner of its own: it is there to be terminated.
 * pk `orphan#<instance id>`, sk `orphan`.
 */
export interface OrphanInstance {
  readonly kind: "orphan";
  /** The instance's id. */
  readonly resourceId: string;
  readonly version: number;
  readonly state: OrphanState;
  /** From its tag; absent where it cannot be read. */
  readonly launchedFor?: { readonly jobId: number; readonly attempt: number };
  readonly times: Readonly<Partial<Record<OrphanState, Time>>>;
  readonly ttl?: number;
}

export type LedgerItem = Attempt | Runner | OrphanInstance;
