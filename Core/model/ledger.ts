import { defined } from "../defined";
import type {
  Attempt,
  AttemptState,
  Lease,
  LedgerItem,
  OrderedAttempt,
  OrphanInstance,
  Runner,
  RunnerState,
  Time,
} from "./ledger-items";
import type { RunnerOrder } from "./runner-order";

export type {
  Attempt,
  AttemptState,
  EndReport,
  FailedLookUp,
  Lease,
  LeaseKind,
  LedgerItem,
  OrderedAttempt,
  OrphanInstance,
  OrphanRecord,
  OrphanState,
  Runner,
  RunnerState,
  Slot,
  StartedRunner,
  Time,
} from "./ledger-items";
export { ATTEMPT_STATES, LEASE_KINDS, ORPHAN_STATES, RUNNER_STATES } from "./ledger-items";

/**
 * The states of an attempt and of a runner: the only table of transitions. docs/protocol.md shows the same
 * table, and a test compares the two.
 */
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

/** Attempts of a job that may fail (F-36). After the last one the job is FAILED and an alarm is raised. */
export const MAX_ATTEMPTS = 3;

/** All attempts, with those whose runner took another job. It bounds what a defect can launch. */
export const MAX_ATTEMPTS_IN_ALL = 50;

export const isOrdered = (attempt: Attempt): attempt is OrderedAttempt => attempt.order !== undefined;

/** The project and name of an attempt's job. */
export const jobOf = (attempt: Attempt): Pick<RunnerOrder, "projectId" | "jobName"> =>
  attempt.order ?? attempt;

/** True if the attempt belongs to the project: GitLab numbers jobs across projects. */
export const isOfProject = (attempt: Attempt, projectId: number): boolean =>
  jobOf(attempt).projectId === projectId;

/**
 * True if a runner may have a job of the project: our runners are locked to a project. The project of an
 * adopted runner is unknown.
 */
export const isRunnerOf = (runner: Runner, projectId: number): boolean =>
  runner.adopted === true || runner.order.projectId === projectId;

const QUEUED_STATES: readonly AttemptState[] = ["CREATED", "LAUNCHED"];

/**
 * In its class's queue: without a runner, or with one whose launch EC2 refused for the number of calls. A
 * LAUNCHED attempt in the queue has got the runner of another job, which took its own.
 */
export const isQueued = (attempt: Attempt): boolean =>
  attempt.state === "WAITING" || (attempt.waitingFor !== undefined && QUEUED_STATES.includes(attempt.state));

const isSpentState = (state: RunnerState): boolean => state === "ENDING" || state === "GONE";

/**
 * True if the next attempt may be opened: the launch failed, or the attempt's runner is ending, gone, or busy
 * with another job.
 */
export const isSpent = (attempt: Attempt, runner: Runner | undefined): boolean =>
  attempt.state === "FAILED" ||
  (runner !== undefined &&
    (isSpentState(runner.state) || (runner.state === "BUSY" && runner.busyJobId !== attempt.jobId)));

/** Which attempt of a job it is. */
export type AttemptNumber = Pick<Attempt, "attempt" | "reassigned" | "isLast">;

/** True if the attempt's runner took another job. */
export const isReassigned = ({ jobId }: Attempt, runner: Runner | undefined): boolean =>
  runner?.busyJobId !== undefined && runner.busyJobId !== jobId;

/** The job's attempts up to this one that have failed or may still fail. */
export const countedAttempts = ({ attempt, reassigned = 0 }: AttemptNumber): number => attempt - reassigned;

/** True if no attempt follows after this one fails. */
export const isLastAttempt = (number: AttemptNumber): boolean =>
  number.isLast === true || countedAttempts(number) >= MAX_ATTEMPTS || number.attempt >= MAX_ATTEMPTS_IN_ALL;

/** The job's attempts, this one included, whose runner took another job. */
export const reassignedSoFar = (attempt: Attempt, runner: Runner | undefined): number =>
  (attempt.reassigned ?? 0) + (isReassigned(attempt, runner) ? 1 : 0);

/**
 * True if the job's last attempt failed and no other follows by itself.
 *
 * @param runner the attempt's, if it has one
 */
export const isUsedUp = (last: Attempt, runner: Runner | undefined): boolean =>
  isSpent(last, runner) && isLastAttempt({ ...last, reassigned: reassignedSoFar(last, runner) });

/** The last attempt of each job. */
export const lastAttempts = (attempts: readonly Attempt[]): readonly Attempt[] => {
  const last = new Map<number, Attempt>();
  for (const attempt of attempts) {
    if ((last.get(attempt.jobId)?.attempt ?? 0) < attempt.attempt) last.set(attempt.jobId, attempt);
  }
  return [...last.values()];
};

/** When an item's state last changed, according to its times. */
export const lastChange = ({ times }: Pick<LedgerItem, "times">): Time =>
  Math.max(0, ...Object.values(times).filter((time) => time !== undefined));

export const isLeased = (item: { readonly lease?: Lease }, now: Time): boolean =>
  item.lease !== undefined && item.lease.until > now;

/** Fields to change; `undefined` removes a field. */
export type Patch<Item> = { readonly [Field in keyof Item]?: Item[Field] | undefined };

type Moving = "kind" | "version" | "state" | "times";

const TTL_DAYS = 30;
const SECONDS_A_DAY = 86_400;

/** Seconds since 1970, 30 days after `now`: when DynamoDB may delete an item that has ended. */
export const ttlAfter = (now: Time): number => Math.ceil(now / 1000) + TTL_DAYS * SECONDS_A_DAY;

const without = <Item extends object>(item: Item, field: keyof Item): Item => {
  const { [field]: _, ...left } = item;
  return left as Item;
};

/** By spreading, for speed: fields that are set one by one or deleted make an object a slow one, of three times the size. */
const patched = <Item extends object>(item: Item, patch: Patch<Item>): Item => {
  let next: Item = { ...item, ...defined(patch) };
  for (const field in patch) if (patch[field] === undefined && field in item) next = without(next, field);
  return next;
};

/** The next version of an item in the same state. */
export const touch = <Item extends Attempt | Runner>(item: Item, patch: Patch<Omit<Item, Moving>>): Item =>
  patched<Item>(item, { ...patch, version: item.version + 1 } as Patch<Item>);

const refuse = (from: string, to: string): never => {
  throw new Error(`The ledger's table has no transition from ${from} to ${to}`);
};

const ATTEMPT_ENDS: readonly AttemptState[] = ["ENDED", "FAILED"];

/** True if the table permits the transition. */
export const mayBecome = (attempt: Attempt, to: AttemptState): boolean =>
  ATTEMPT_TRANSITIONS[attempt.state].includes(to);

/**
 * The next version of an attempt in another state, with its time. A final state sets the TTL.
 *
 * @throws Error if the table forbids the transition: a defect of the caller
 */
export const advanceAttempt = <Item extends Attempt>(
  attempt: Item,
  to: AttemptState,
  now: Time,
  patch: Patch<Omit<Item, Moving>> = {},
): Item => {
  if (!mayBecome(attempt, to)) refuse(attempt.state, to);
  const times = { ...attempt.times, [to]: now };
  const ttl = ATTEMPT_ENDS.includes(to) ? ttlAfter(now) : undefined;
  const version = attempt.version + 1;
  return patched<Item>(attempt, { ttl, ...patch, version, state: to, times } as Patch<Item>);
};

/** The next version of a runner in another state, with its time. GONE sets the TTL. */
export const advanceRunner = <Item extends Runner>(
  runner: Item,
  to: RunnerState,
  now: Time,
  patch: Patch<Omit<Item, Moving>> = {},
): Item => {
  if (!RUNNER_TRANSITIONS[runner.state].includes(to)) refuse(runner.state, to);
  const times = { ...runner.times, [to]: now };
  const ttl = to === "GONE" ? ttlAfter(now) : undefined;
  const version = runner.version + 1;
  return patched<Item>(runner, { ttl, ...patch, version, state: to, times } as Patch<Item>);
};

/** An orphan that no longer exists. */
export const orphanGone = (orphan: OrphanInstance, now: Time): OrphanInstance => ({
  ...orphan,
  version: orphan.version + 1,
  state: "GONE",
  times: { ...orphan.times, GONE: now },
  ttl: ttlAfter(now),
});
