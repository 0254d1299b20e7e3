import { defined } from "../../../Core/defined";
import { TransientError } from "../../../Core/errors";
import {
  type AttemptNumber,
  advanceAttempt,
  type Lease,
  type OrderedAttempt,
  type StartedRunner,
  type Time,
  touch,
} from "../../../Core/model/ledger";
import type { WaitingFor } from "../../../Core/model/reasons";
import { classKey } from "../../../Core/model/runner-class";
import type { RunnerOrder, StartOrder } from "../../../Core/model/runner-order";
import type { Dependencies } from "../dependencies";
import { type Reservation, reserveLaunch } from "../launch-rate/reservations";
import { commit } from "../ledger/commit";
import type { FreeSlot } from "../limits/slots";
import { isBudgetUsedUp } from "../limits/spent-budget";
import type { LedgerChange } from "../ports";
import { newWaiting, stillWaiting } from "../queue/queue";
import { joinQueue } from "../queue/rotation";
import type { StartOutcome } from "../queue/start-outcome";
import { type Arrival, claimedMarks, openingMarks, queuedMarks, reservedMarks } from "../waits/claim-marks";
import { elsewhere, fallbackOrder, startedElsewhere } from "./launch/fall-back";
import type { NextStep } from "./next-step";
import { mustWait, readStepAndSlots, type SlotsAndQueues } from "./slots-and-queues";

export type ClaimDependencies = Pick<Dependencies, "ledger" | "settings" | "clock" | "metric">;

/** The job is ours to go on with under the lease, or there is nothing to do. */
export type Claim =
  | { readonly kind: "claimed"; readonly attempt: OrderedAttempt; readonly reservation: Reservation }
  | {
      readonly kind: "resumed";
      readonly attempt: OrderedAttempt;
      readonly runner: StartedRunner;
      readonly reservation: Reservation;
    }
  | StartOutcome;

type Opening = Extract<NextStep, { kind: "open" | "claim" }>;

/** One start. */
interface Start {
  readonly order: RunnerOrder;
  readonly lease: Lease;
  readonly arrival: Arrival;
  /** Its turn to launch, taken once however often the claim is tried. Undefined: not within some seconds. */
  readonly reservation: (dispatchedAt: Time | undefined) => Promise<Reservation | undefined>;
}

const TRIES = 12;

const checks = (step: Opening): readonly LedgerChange[] =>
  step.kind === "open" ? step.proof.map((item) => ({ check: item })) : [];

const newAttempt = (order: RunnerOrder, number: AttemptNumber, now: number): OrderedAttempt => ({
  kind: "attempt",
  jobId: order.jobId,
  ...number,
  version: 1,
  state: "CLAIMED",
  order,
  classKey: classKey(order.runnerClass),
  times: { CLAIMED: now },
});

const claimedAttempt = (step: Opening, order: RunnerOrder, now: number): OrderedAttempt =>
  step.kind === "open"
    ? newAttempt(order, step.number, now)
    : advanceAttempt(step.waiting, "CLAIMED", now, {
        order: { ...order, queuedAt: step.waiting.order.queuedAt },
        classKey: classKey(order.runnerClass),
        waitingFor: undefined,
      });

/** Every job of ours once, when its first attempt is stored: what JobsFoundByReconciler is measured against (F-1). */
const countJob = ({ metric }: ClaimDependencies, step: Opening): void => {
  if (step.kind === "open" && step.number.attempt === 1) metric("JobsSeen", 1);
};

/** The mark of one that was dispatched. */
const dispatched = ({ dispatchedAt }: Reservation) => defined({ dispatchedAt });

/** What the job has waited for until this start. */
const marksBefore = (
  { ledger }: ClaimDependencies,
  { order, arrival }: Start,
  step: Opening,
  now: Time,
): Promise<OrderedAttempt["marks"]> | OrderedAttempt["marks"] =>
  step.kind === "open"
    ? openingMarks(ledger, order, step.proof, arrival, now)
    : reservedMarks(step.waiting.marks, arrival.waitedSince, now);

/** Takes the attempt and all its slots in one transaction. Undefined: somebody was faster. */
const takeAttempt = async (
  dependencies: ClaimDependencies,
  start: Start,
  step: Opening,
  free: FreeSlot,
  reservation: Reservation,
): Promise<Claim | undefined> => {
  const { order, lease } = start;
  const now = dependencies.clock.now();
  const claimed = claimedAttempt(step, order, now);
  const before = await marksBefore(dependencies, start, step, now);
  const until = step.kind === "claim" ? claimedMarks(step.waiting, now) : before;
  const marks = reservedMarks(until, reservation.pausedSince, now);
  const attempt = {
    ...claimed,
    lease,
    slot: free.slot,
    ...dispatched(reservation),
    ...defined({ marks }),
  };
  const done = await commit(dependencies.ledger, [{ put: attempt }, ...checks(step), ...free.take]);
  if (done) countJob(dependencies, step);
  return done ? { kind: "claimed", attempt, reservation } : undefined;
};

/** Stores that the attempt waits. Undefined: somebody was faster. */
const enqueue = async (
  dependencies: ClaimDependencies,
  start: Start,
  step: Opening,
  waitingFor: WaitingFor,
): Promise<StartOutcome | undefined> => {
  const { order } = start;
  const now = dependencies.clock.now();
  const queued =
    step.kind === "open"
      ? newWaiting(order, step.number, waitingFor, now)
      : stillWaiting(step.waiting, order, waitingFor);
  if (queued === undefined) return { kind: "waiting", waitingFor };
  const marks = queuedMarks(await marksBefore(dependencies, start, step, now), waitingFor, now);
  const attempt = { ...queued, ...defined({ marks }) };
  await joinQueue(dependencies, attempt);
  const done = await commit(dependencies.ledger, [{ put: attempt }, ...checks(step)]);
  if (done) countJob(dependencies, step);
  return done ? { kind: "waiting", waitingFor } : undefined;
};

const waitsForSlot = (step: Opening): boolean => step.kind === "claim" && step.waiting.waitingFor === "slot";

/**
 * A job without a slot goes into the queue first and then looks once more: a slot that was freed between the
 * look and the queue would otherwise dispatch nobody. One that sees a slot waits for its reservation before it takes it.
 */
const openOrWait = async (
  dependencies: ClaimDependencies,
  start: Start,
  step: Opening,
  read: () => Promise<SlotsAndQueues>,
): Promise<Claim | undefined> => {
  const { order, arrival } = start;
  if (!(await dependencies.settings.startsAreOn())) return enqueue(dependencies, start, step, "starts-on");
  if (await isBudgetUsedUp(dependencies, order)) return enqueue(dependencies, start, step, "budget");
  const { free, queued } = await read();
  const dispatchedAt = step.kind === "claim" ? step.waiting.dispatchedAt : undefined;
  if (free === undefined || (await mustWait(dependencies, order, { free, queued, dispatchedAt }))) {
    const outcome = await enqueue(dependencies, start, step, "slot");
    return waitsForSlot(step) ? outcome : undefined;
  }
  const waitedSince = dependencies.clock.now();
  const reservation = await start.reservation(dispatchedAt);
  if (reservation !== undefined) return takeAttempt(dependencies, start, step, free, reservation);
  const fallback = fallbackOrder(order, "rate");
  return fallback
    ? elsewhere({ ...fallback, ...arrival, waitedSince })
    : enqueue(dependencies, start, step, "launch-rate");
};

/** Without a reservation nothing is written: the reconciler comes back to it. */
const takeOver = async (
  dependencies: ClaimDependencies,
  start: Start,
  claimed: OrderedAttempt,
): Promise<Claim | undefined> => {
  const reservation = await start.reservation(claimed.dispatchedAt);
  if (reservation === undefined) return { kind: "waiting", waitingFor: "launch-rate" };
  const marks = claimedMarks(claimed, dependencies.clock.now());
  const attempt = touch(claimed, { lease: start.lease, marks, ...dispatched(reservation) });
  return (await commit(dependencies.ledger, [{ put: attempt }]))
    ? { kind: "claimed", attempt, reservation }
    : undefined;
};

/** Without a reservation nothing is written: the runner waits as it did. */
const resume = async (
  dependencies: ClaimDependencies,
  start: Start,
  step: Extract<NextStep, { kind: "resume" }>,
): Promise<Claim | undefined> => {
  const reservation = await start.reservation(step.attempt.dispatchedAt);
  if (reservation === undefined) return { kind: "waiting", waitingFor: "launch" };
  const runner = touch(step.runner, { lease: start.lease });
  const done = await commit(dependencies.ledger, [{ put: runner }]);
  const attempt = { ...step.attempt, ...dispatched(reservation) };
  return done ? { kind: "resumed", attempt, runner, reservation } : undefined;
};

/** All attempts are used up: the failure is stored and counted once, by whoever commits it. */
const giveUp = async (
  dependencies: ClaimDependencies,
  { last, runner }: Extract<NextStep, { kind: "exhausted" }>,
): Promise<Claim | undefined> => {
  const reason = "attempts-used-up";
  const failed = advanceAttempt(last, "FAILED", dependencies.clock.now(), { reason });
  const proof: readonly LedgerChange[] = runner ? [{ check: runner }] : [];
  if (!(await commit(dependencies.ledger, [{ put: failed }, ...proof]))) return undefined;
  dependencies.metric("JobsFailed", 1, { reason });
  return { kind: "failed", reason };
};

const act = (
  dependencies: ClaimDependencies,
  start: Start,
  step: NextStep,
  read: () => Promise<SlotsAndQueues>,
): Promise<Claim | undefined> | Claim => {
  if (step.kind === "nothing") return step;
  const other = startedElsewhere(start.order, step);
  if (other !== undefined) return other;
  if (step.kind === "exhausted") return giveUp(dependencies, step);
  if (step.kind === "take-over") return takeOver(dependencies, start, step.claimed);
  if (step.kind === "resume") return resume(dependencies, start, step);
  return openOrWait(dependencies, start, step, read);
};

/** Spreads those who meet at one counter; the same for the same job and try. */
const jitter = (jobId: number, round: number): number => round * 40 + ((jobId * 31 + round * 17) % 60);

const newStart = (
  dependencies: ClaimDependencies,
  order: RunnerOrder,
  lease: Lease,
  arrival: Arrival,
): Start => {
  let taken: Reservation | undefined;
  const reservation: Start["reservation"] = async (dispatchedAt) => {
    taken ??= await reserveLaunch(dependencies, order.runnerClass.type, dispatchedAt);
    return taken;
  };
  return { order, lease, arrival, reservation };
};

/**
 * Makes the job ours: claims its next attempt with a slot under the limits, or resumes what a start left behind.
 *
 * @param arrival how the start came about; for `again` see `nextStep`
 * @throws TransientError when others win a dozen times in a row
 */
export const claim = async (
  dependencies: ClaimDependencies,
  order: RunnerOrder,
  lease: Lease,
  { again, ...arrival }: Omit<StartOrder, keyof RunnerOrder> = {},
): Promise<Claim> => {
  const start = newStart(dependencies, order, lease, arrival);
  for (let round = 0; round < TRIES; round += 1) {
    const { step, read } = await readStepAndSlots(dependencies, order, order.jobId + round, again);
    const outcome = await act(dependencies, start, step, read);
    if (outcome !== undefined) return outcome;
    if (round > 1) await dependencies.clock.sleep(jitter(order.jobId, round));
  }
  throw new TransientError("The ledger's slots were contended for: the start is tried again");
};
