import { defined } from "../../../Core/defined";
import { type Attempt, isOrdered, type OrderedAttempt, type Runner } from "../../../Core/model/ledger";
import { usageTtl } from "../../../Core/usage/days";
import { attemptKeyOf } from "../../../Core/usage/usage-of";
import type { Waits } from "../../../Core/waiting/causes";
import { waitCounts } from "../../../Core/waiting/counts";
import { type JobStart, stillWaits, totalOf, waitsOf } from "../../../Core/waiting/split";
import type { LedgerChange, Time } from "../ports";

/** The wait of a job that has begun. */
export interface Waited {
  readonly attempt: OrderedAttempt;
  readonly waits: Waits;
  /** It waited longer than the mapping's objective allows. Absent: there was none when it was looked up. */
  readonly isMissed?: boolean;
}

/** Changes to commit, and the wait that they complete, if they do. */
export interface ClosedWait {
  readonly changes: readonly LedgerChange[];
  readonly waited?: Waited;
}

const waitedOf = (attempt: OrderedAttempt, runner: Runner | undefined, start: JobStart): Waited => {
  const waits = waitsOf(attempt, runner, start);
  const { objective } = attempt.order;
  const isMissed = objective && totalOf(waits) > objective.seconds * 1_000;
  return { attempt, waits, ...defined({ isMissed }) };
};

const begins = (change: LedgerChange, { jobId, attempt }: Attempt): boolean =>
  "put" in change &&
  change.put.kind === "attempt" &&
  change.put.jobId === jobId &&
  change.put.attempt === attempt &&
  !stillWaits(change.put);

const completed = (change: LedgerChange, waits: Waits): LedgerChange => {
  if (!("put" in change) || change.put.kind !== "attempt") return change;
  const { marks: _, ...put } = change.put;
  return { put: { ...put, waits } };
};

/** What its wait adds to the day's counts, in the transaction that is made anyway. */
const counted = ({ attempt, waits, isMissed = false }: Waited, now: Time): LedgerChange => {
  const key = attemptKeyOf(attempt, now);
  return { count: { key, add: waitCounts(waits, isMissed), ttl: usageTtl(key.day) } };
};

/**
 * Completes the wait of a job that begins, on its last attempt: an attempt leaves the states in which its job waits
 * only once, so each wait is stored and counted once.
 *
 * @param changes those that store that the job runs, or has ended
 * @param attempts of the job as they stood before, first to last
 * @param runners of those attempts, as they stood before
 * @param job GitLab's answer; without `startedAt` the job never began
 */
export const closeWait = (
  changes: readonly LedgerChange[],
  attempts: readonly Attempt[],
  runners: readonly Runner[],
  { startedAt, ...job }: Partial<JobStart>,
  now: Time,
): ClosedWait => {
  const last = attempts.at(-1);
  const isOpen = last !== undefined && isOrdered(last) && stillWaits(last);
  if (!isOpen || startedAt === undefined || !changes.some((change) => begins(change, last)))
    return { changes };
  const runner = runners.find(({ runnerId }) => runnerId === last.runnerId);
  const waited = waitedOf(last, runner, { startedAt, ...job });
  const stored = changes.map((change) => (begins(change, last) ? completed(change, waited.waits) : change));
  return { changes: [...stored, counted(waited, now)], waited };
};
