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
 * The life of a job's attempt and of a runner: the one table of transitions. docs/protocol.md shows the same
 * table and a test holds the two together.
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

/** Attempts of a job that may come to nothing (F-36); what then still waits is FAILED and alarmed. */
export const MAX_ATTEMPTS = 3;

/** Attempts a job has at most, with those whose runner another job took: no bug launches for ever. */
export const MAX_ATTEMPTS_IN_ALL = 50;

export const isOrdered = (attempt: Attempt): attempt is OrderedAttempt => attempt.order !== undefined;

/** The project and name of an attempt's job. */
export const jobOf = (attempt: Attempt): Pick<RunnerOrder, "projectId" | "jobName"> =>
  attempt.order ?? attempt;

/** Whether an attempt, if there is one, is the named project's: GitLab numbers jobs across projects. */
export const isOfProject = (attempt: Attempt, projectId: number): boolean =>
  jobOf(attempt).projectId === projectId;

/**
 * Whether a runner may have a job of the project: GitLab gives ours, which are locked, no other's. Of an adopted one
 * the ledger knows no project.
 */
export const isRunnerOf = (runner: Runner, projectId: number): boolean =>
  runner.adopted === true || runner.order.projectId === projectId;

const QUEUED_STATES: readonly AttemptState[] = ["CREATED", "LAUNCHED"];

/**
 * In its class's queue: without a runner, or with one that EC2 refused for the number of calls (LAUNCHED: it is the
 * runner of another job, which took this one's).
 */
export const isQueued = (attempt: Attempt): boolean =>
  attempt.state === "WAITING" || (attempt.waitingFor !== undefined && QUEUED_STATES.includes(attempt.state));

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
export type AttemptNumber = Pick<Attempt, "attempt" | "reassigned" | "isLast">;

/** Whether the attempt's runner ran another job. */
export const isReassigned = ({ jobId }: Attempt, runner: Runner | undefined): boolean =>
  runner?.busyJobId !== undefined && runner.busyJobId !== jobId;

/** How many of the job's attempts, up to this one, came to nothing or may still do so. */
export const countedAttempts = ({ attempt, reassigned = 0 }: AttemptNumber): number => attempt - reassigned;

/** Whether no attempt follows when this one comes to nothing. */
export const isLastAttempt = (number: AttemptNumber): boolean =>
  number.isLast === true || countedAttempts(number) >= MAX_ATTEMPTS || number.attempt >= MAX_ATTEMPTS_IN_ALL;

/** How many of the job's attempts, this one among them, lost their runner to another job. */
export const reassignedSoFar = (attempt: Attempt, runner: Runner | undefined): number =>
  (attempt.reassigned ?? 0) + (isReassigned(attempt, runner) ? 1 : 0);

/**
 * Whether the job's last attempt came to nothing and no other follows by itself.
 *
 * @param runner the attempt's, when it has one
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

/** When something last happened to an item, as far as it says so. */
export const lastChange = ({ times }: Pick<LedgerItem, "times">): Time =>
  Math.max(0, ...Object.values(times).filter((time) => time !== undefined));

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
const patched = <Item extends object>(item: Item, patch: Patch<Item>): Item => {
  const next: { -readonly [Field in keyof Item]?: Item[Field] } = {};
  for (const field in item) if (!(field in patch)) next[field] = item[field];
  for (const field in patch) if (patch[field] !== undefined) next[field] = patch[field];
  return next as Item;
};

/** The next version of an item in the same state. */
export const touch = <Item extends Attempt | Runner>(item: Item, patch: Patch<Omit<Item, Moving>>): Item =>
  patched<Item>(item, { ...patch, version: item.version + 1 } as Patch<Item>);

const refuse = (from: string, to: string): never => {
  throw new Error(`The ledger's table has no transition from ${from} to ${to}`);
};

const ATTEMPT_ENDS: readonly AttemptState[] = ["ENDED", "FAILED"];

/** Whether the table permits a step from its state to another. */
export const mayBecome = (attempt: Attempt, to: AttemptState): boolean =>
  ATTEMPT_TRANSITIONS[attempt.state].includes(to);

/**
 * The next version of an attempt in another state, with its time. An end sets the TTL.
 *
 * @throws Error when the table forbids the transition: a defect of the caller
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

/** An orphan of which nothing is left. */
export const orphanGone = (orphan: OrphanInstance, now: Time): OrphanInstance => ({
  ...orphan,
  version: orphan.version + 1,
  state: "GONE",
  times: { ...orphan.times, GONE: now },
  ttl: ttlAfter(now),
});
