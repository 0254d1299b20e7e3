import { lastChange, type OrderedAttempt, type Time } from "../../../Core/model/ledger";
import type { Attempt, Runner } from "../../../Core/model/ledger-items";
import type { WaitingFor } from "../../../Core/model/reasons";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import { isWithin, UNDER_WAY_MILLISECONDS } from "../../../Core/queue/retry-schedule";
import { CAUSE_OF_QUEUE, type WaitMark } from "../../../Core/waiting/causes";
import { carriedOn, enter } from "../../../Core/waiting/marks";
import type { Ledger } from "../ports";
import { outageMarks } from "./gitlab-outage";

/** How a start came about. */
export interface Arrival {
  /** When its event reached the bus. Absent: a workflow of an earlier version. */
  readonly seenAt?: Time;
  /** The reconciler found the job: no webhook led to a start. */
  readonly isFound?: true;
  /** It has fallen back: since when it had waited for its own provider's launch rate. */
  readonly waitedSince?: Time;
}

type Marks = readonly WaitMark[] | undefined;

/** What proves that the attempt before is spent. */
const lastOf = (proof: readonly (Attempt | Runner)[]) => ({
  attempt: proof.find((item) => item.kind === "attempt"),
  runner: proof.find((item) => item.kind === "runner"),
});

const before = async (
  ledger: Pick<Ledger, "stateRecord">,
  { queuedAt }: Pick<RunnerOrder, "queuedAt">,
  proof: readonly (Attempt | Runner)[],
  { isFound }: Arrival,
  seenAt: Time,
): Promise<readonly WaitMark[]> => {
  const { attempt, runner } = lastOf(proof);
  if (attempt !== undefined) return carriedOn(attempt, runner) ?? enter([], "failed", lastChange(attempt));
  return isFound ? outageMarks(ledger, queuedAt, seenAt) : [];
};

/** The marks of a new attempt: what its job has waited for so far, and our own work since its event came. */
export const openingMarks = async (
  ledger: Pick<Ledger, "stateRecord">,
  order: Pick<RunnerOrder, "queuedAt">,
  proof: readonly (Attempt | Runner)[],
  arrival: Arrival,
  now: Time,
): Promise<readonly WaitMark[]> => {
  const seenAt = Math.max(order.queuedAt, Math.min(arrival.seenAt ?? now, now));
  const marks = enter(await before(ledger, order, proof, arrival, seenAt), "start", seenAt);
  return reservedMarks(marks, arrival.waitedSince, now) ?? marks;
};

type Claimed = Pick<OrderedAttempt, "marks" | "dispatchedAt" | "waitingFor">;

/** When it was dispatched for this start. Starts themselves keep EC2's launch rate, so there a dispatch ends no wait. */
const waitedUntil = ({ dispatchedAt, waitingFor }: Claimed, now: Time): Time =>
  waitingFor !== "launch-rate" && isWithin(UNDER_WAY_MILLISECONDS, dispatchedAt, now)
    ? (dispatchedAt ?? now)
    : now;

/** The marks of a job that has waited and is claimed: it waited until it was dispatched. */
export const claimedMarks = (waiting: Claimed, now: Time): Marks =>
  waiting.marks && enter(waiting.marks, "start", waitedUntil(waiting, now));

/** The marks of an attempt that joins a queue, or stays there for another reason. */
export const queuedMarks = (marks: Marks, waitingFor: WaitingFor, now: Time): Marks =>
  marks && enter(marks, CAUSE_OF_QUEUE[waitingFor], now);

/** A start may wait some seconds for its reservation. */
export const reservedMarks = (marks: Marks, pausedSince: Time | undefined, now: Time): Marks =>
  marks === undefined || pausedSince === undefined
    ? marks
    : enter(enter(marks, "launch-rate", pausedSince), "start", now);
