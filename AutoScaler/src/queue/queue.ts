import { type AttemptNumber, type OrderedAttempt, touch } from "../../../Core/model/ledger";
import type { WaitingFor } from "../../../Core/model/reasons";
import { classKey } from "../../../Core/model/runner-class";
import type { RunnerOrder } from "../../../Core/model/runner-order";

const priorityOf = ({ order }: OrderedAttempt): number => order.runnerClass.priority ?? 0;

/** Of one project: the class with the higher priority goes first, then the job that became pending first. */
export const byPriority = (one: OrderedAttempt, other: OrderedAttempt): number =>
  priorityOf(other) - priorityOf(one) || one.order.queuedAt - other.order.queuedAt || one.jobId - other.jobId;

/** A new attempt that waits. */
export const newWaiting = (
  order: RunnerOrder,
  number: AttemptNumber,
  waitingFor: WaitingFor,
  now: number,
): OrderedAttempt => ({
  kind: "attempt",
  jobId: order.jobId,
  ...number,
  version: 1,
  state: "WAITING",
  order,
  classKey: classKey(order.runnerClass),
  waitingFor,
  times: { WAITING: now },
});

/** GitLab does not ask the attempt to wait, or not any more. */
export const NOT_THROTTLED = { notBefore: undefined, throttledSince: undefined } as const;

/** A waiting attempt as it should stand, to be dispatched anew: undefined when it stands so already. */
export const stillWaiting = (
  waiting: OrderedAttempt,
  order: RunnerOrder,
  waitingFor: WaitingFor,
): OrderedAttempt | undefined => {
  const key = classKey(order.runnerClass);
  const isAsleep = waitingFor !== "launch-rate" || waiting.dispatchedAt === undefined;
  if (waiting.waitingFor === waitingFor && waiting.classKey === key && isAsleep) return undefined;
  const { queuedAt } = waiting.order;
  const patch = { waitingFor, classKey: key, order: { ...order, queuedAt }, dispatchedAt: undefined };
  return touch(waiting, { ...patch, ...NOT_THROTTLED });
};
