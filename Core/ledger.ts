import type { Carrier } from "./runner-class";
import type { RunnerOrder } from "./runner-order";

/**
 * The life of a job's attempt and of a runner: the one table of transitions. docs/protocol.md shows the same
 * table and a test holds the two together.
 */
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

export const RUNNER_STATES = ["STARTING", "BUSY", "ENDING", "GONE"] as const;
export type RunnerState = (typeof RUNNER_STATES)[number];

export const ATTEMPT_TRANSITIONS: Readonly<Record<AttemptState, readonly AttemptState[]>> = {
  WAITING: ["CLAIMED", "RUNNING", "ENDED", "FAILED"],
  CLAIMED: ["WAITING", "CREATED", "RUNNING", "ENDED", "FAILED"],
  CREATED: ["LAUNCHED", "RUNNING", "ENDED", "FAILED"],
  LAUNCHED: ["RUNNING", "ENDED", "FAILED"],
  RUNNING: ["ENDED"],
  ENDED: [],
  FAILED: ["RUNNING", "ENDED"],
};

export const RUNNER_TRANSITIONS: Readonly<Record<RunnerState, readonly RunnerState[]>> = {
  STARTING: ["BUSY", "ENDING", "GONE"],
  BUSY: ["ENDING", "GONE"],
  ENDING: ["GONE"],
  GONE: [],
};

/** Attempts of a job that may come to nothing (F-36); what then still waits is FAILED and alarmed. */
export const MAX_ATTEMPTS = 3;

/** Attempts a job has at most, with those whose runner another job took: no bug launches for ever. */
export const MOST_ATTEMPTS = 50;

/** Milliseconds since 1970. */
export type Time = number;

/** The right to act on an item until `until`. `holder` is new at every call of a function: nobody inherits it. */
export interface Lease {
  readonly holder: string;
  readonly until: Time;
}

/** The place under the caps that an attempt or a runner holds: one counter of the stack, one of the class. */
export interface Place {
  readonly stackShard: number;
  readonly classShard: number;
}

/** A job's attempt: pk `job#<job id>`, sk `attempt#<two digits>`. It is also the record of what the job waited and cost. */
export interface Attempt {
  readonly kind: "attempt";
  readonly jobId: number;
  /** From 1. */
  readonly attempt: number;
  /** How many attempts before this one lost their runner to another job: each of those ran a job, none failed. */
  readonly robbed?: number;
  /** No carrier was to be had for its runner, for so long that no other attempt follows. */
  readonly isLast?: true;
  readonly version: number;
  readonly state: AttemptState;
  readonly order: RunnerOrder;
  readonly classKey: string;
  readonly lease?: Lease;
  /** Held while CLAIMED; from CREATED on the place is the runner's. */
  readonly place?: Place;
  /** What an attempt in line waits for. */
  readonly waitingFor?: "place" | "starts-on" | "ec2" | "gitlab";
  /** Sooner GitLab is not to be asked for its runner again. */
  readonly notBefore?: Time;
  /** The first time in a row that GitLab asked to wait. */
  readonly throttledSince?: Time;
  /** When the sweep or a freed place last put this waiting job's event on the bus. */
  readonly wokenAt?: Time;
  readonly runnerId?: number;
  /** The runner that really ran the job, when it is another one's. */
  readonly ranOnRunnerId?: number;
  readonly resourceId?: string;
  readonly market?: string;
  /** USD. Absent: unknown. */
  readonly pricePerHour?: number;
  /** USD, written at the end. Absent: unknown. */
  readonly cost?: number;
  /** Why it FAILED, or what is going wrong. A sentence, never a token. */
  readonly reason?: string;
  /** GitLab's status at the end. */
  readonly outcome?: string;
  /** When each state was reached. */
  readonly times: Readonly<Partial<Record<AttemptState, Time>>>;
  /** Seconds since 1970; DynamoDB's TTL, 30 days after the end. */
  readonly ttl?: number;
}

/** A runner: pk `runner#<GitLab's runner id>`, sk `runner`. */
export interface Runner {
  readonly kind: "runner";
  readonly runnerId: number;
  readonly version: number;
  readonly state: RunnerState;
  /** The job it is there for; a swap changes it. */
  readonly jobId: number;
  readonly attempt: number;
  /** The job and attempt it was launched for: client tokens and tags stay with these for ever. */
  readonly launchedFor: { readonly jobId: number; readonly attempt: number };
  readonly order: RunnerOrder;
  readonly classKey: string;
  readonly carrier: Carrier;
  /** One lease, for its start and its end. */
  readonly lease?: Lease;
  readonly place?: Place;
  /** Key of its bootstrap row: 256 random bits. Of no use once the row is read. */
  readonly nonce: string;
  /** EC2: the key to which the row was moved for its instance. */
  readonly bootstrapKey?: string;
  /** Raised before a launch call is made anew after an answer that proved that nothing runs. */
  readonly launchRound: number;
  readonly resourceId?: string;
  readonly market?: string;
  readonly pricePerHour?: number;
  /** The job it runs, when it is known to run one. */
  readonly busyJobId?: number;
  readonly busyProjectId?: number;
  readonly pausedAt?: Time;
  /** First time an end was asked for; termination waits for GitLab 30 minutes from here. */
  readonly endRequestedAt?: Time;
  /** The job it ran has ended, by GitLab's word: what stands, also when GitLab does not answer later. */
  readonly endedJobId?: number;
  /** Absent on a GONE runner: its record is still to be deleted. */
  readonly recordDeletedAt?: Time;
  readonly reason?: string;
  /** Found in GitLab or AWS by our mark without an item of its own: it is there to be ended. */
  readonly adopted?: true;
  readonly times: Readonly<Partial<Record<RunnerState | "CREATED" | "LAUNCHED", Time>>>;
  readonly ttl?: number;
}

const STATES_IN_LINE: readonly AttemptState[] = ["CREATED", "LAUNCHED"];

/**
 * In its class's line: without a runner, or with one that EC2 refused for the number of calls (LAUNCHED: it is the
 * runner of another job, which took this one's).
 */
export const isInLine = ({ state, waitingFor }: Attempt): boolean =>
  state === "WAITING" || (waitingFor !== undefined && STATES_IN_LINE.includes(state));

const isSpentState = (state: RunnerState): boolean => state === "ENDING" || state === "GONE";

/**
 * Whether the next attempt may be opened: the launch failed, or the attempt's runner is ending, gone, or busy
 * with another job.
 */
export const isSpent = (attempt: Attempt, runner: Runner | undefined): boolean =>
  attempt.state === "FAILED" ||
  (runner !== undefined &&
    (isSpentState(runner.state) || (runner.state === "BUSY" && runner.busyJobId !== attempt.jobId)));

/** Which of a job's attempts. */
export type AttemptNumber = Pick<Attempt, "attempt" | "robbed" | "isLast">;

/** Whether the attempt's runner ran another job. */
export const isRobbed = ({ jobId }: Attempt, runner: Runner | undefined): boolean =>
  runner?.busyJobId !== undefined && runner.busyJobId !== jobId;

/** How many of the job's attempts, up to this one, came to nothing or may still do so. */
export const countedAttempts = ({ attempt, robbed = 0 }: AttemptNumber): number => attempt - robbed;

/** Whether no attempt follows when this one comes to nothing. */
export const isLastAttempt = (number: AttemptNumber): boolean =>
  number.isLast === true || countedAttempts(number) >= MAX_ATTEMPTS || number.attempt >= MOST_ATTEMPTS;

export const isLeased = (item: { readonly lease?: Lease }, now: Time): boolean =>
  item.lease !== undefined && item.lease.until > now;

/** Fields to change; `undefined` takes a field away. */
export type Patch<Item> = { readonly [Field in keyof Item]?: Item[Field] | undefined };

type Moving = "kind" | "version" | "state" | "times";

const TTL_DAYS = 30;
const SECONDS_A_DAY = 86_400;

/** Seconds since 1970, 30 days after `now`: when an item that nothing needs any more may go. */
export const ttlAfter = (now: Time): number => Math.ceil(now / 1000) + TTL_DAYS * SECONDS_A_DAY;

/** By hand: every step of a job comes by here, and making objects of entries costs twice as much. */
const patched = <Item extends Attempt | Runner>(item: Item, patch: Patch<Item>): Item => {
  const next: { -readonly [Field in keyof Item]?: Item[Field] } = {};
  for (const field in item) if (!(field in patch)) next[field] = item[field];
  for (const field in patch) if (patch[field] !== undefined) next[field] = patch[field];
  return next as Item;
};

/** The next version of an item in the same state. */
export const touch = <Item extends Attempt | Runner>(item: Item, patch: Patch<Omit<Item, Moving>>): Item =>
  patched<Attempt | Runner>(item, { ...patch, version: item.version + 1 }) as Item;

const refuse = (from: string, to: string): never => {
  throw new Error(`The ledger's table has no transition from ${from} to ${to}`);
};

const ATTEMPT_ENDS: readonly AttemptState[] = ["ENDED", "FAILED"];

/** Whether the table lets an attempt go from its state to another. */
export const mayBecome = (attempt: Attempt, to: AttemptState): boolean =>
  ATTEMPT_TRANSITIONS[attempt.state].includes(to);

/**
 * The next version of an attempt in another state, with its time. An end sets the TTL.
 *
 * @throws Error when the table forbids the transition: a defect of the caller
 */
export const advanceAttempt = (
  attempt: Attempt,
  to: AttemptState,
  now: Time,
  patch: Patch<Omit<Attempt, Moving>> = {},
): Attempt => {
  if (!mayBecome(attempt, to)) refuse(attempt.state, to);
  const times = { ...attempt.times, [to]: now };
  const ttl = ATTEMPT_ENDS.includes(to) ? ttlAfter(now) : undefined;
  return patched(attempt, { ttl, ...patch, version: attempt.version + 1, state: to, times });
};

/** The next version of a runner in another state, with its time. GONE sets the TTL. */
export const advanceRunner = (
  runner: Runner,
  to: RunnerState,
  now: Time,
  patch: Patch<Omit<Runner, Moving>> = {},
): Runner => {
  if (!RUNNER_TRANSITIONS[runner.state].includes(to)) refuse(runner.state, to);
  const times = { ...runner.times, [to]: now };
  const ttl = to === "GONE" ? ttlAfter(now) : undefined;
  return patched(runner, { ttl, ...patch, version: runner.version + 1, state: to, times });
};
