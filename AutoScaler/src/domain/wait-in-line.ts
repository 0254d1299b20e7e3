import { type AttemptNumber, type OrderedAttempt, touch } from "../../../Core/ledger";
import { CLASSES_NOTE, readClasses } from "../../../Core/ledger/known-classes";
import type { WaitingFor } from "../../../Core/reasons";
import { classKey } from "../../../Core/runner-class";
import type { RunnerOrder } from "../../../Core/runner-order";
import type { Ledger, LedgerChange } from "./ports";

/** The change that makes a class known to the sweep; none when it is. */
export const rememberClass = async (ledger: Ledger, key: string): Promise<readonly LedgerChange[]> => {
  const { names, version } = await readClasses(ledger);
  if (names.includes(key)) return [];
  return [{ note: { name: CLASSES_NOTE, version: version + 1, value: [...names, key].sort() } }];
};

/** The job that was queued first, by GitLab's clock, goes first. */
export const byQueueTime = (one: OrderedAttempt, other: OrderedAttempt): number =>
  one.order.queuedAt - other.order.queuedAt;

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

/** A waiting attempt as it should stand, to be let go anew: undefined when it stands so already. */
export const stillWaiting = (
  waiting: OrderedAttempt,
  order: RunnerOrder,
  waitingFor: WaitingFor,
): OrderedAttempt | undefined => {
  const key = classKey(order.runnerClass);
  const isAsleep = waitingFor !== "launch-rate" || waiting.wokenAt === undefined;
  if (waiting.waitingFor === waitingFor && waiting.classKey === key && isAsleep) return undefined;
  const { queuedAt } = waiting.order;
  const patch = { waitingFor, classKey: key, order: { ...order, queuedAt }, wokenAt: undefined };
  return touch(waiting, { ...patch, ...NOT_THROTTLED });
};
