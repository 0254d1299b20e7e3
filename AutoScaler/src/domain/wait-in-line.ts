import { type Attempt, type AttemptNumber, touch } from "../../../Core/ledger";
import { classKey } from "../../../Core/runner-class";
import type { RunnerOrder } from "../../../Core/runner-order";
import type { Change, Ledger } from "./ports";

export const CLASSES_NOTE = "classes";

type WaitingFor = NonNullable<Attempt["waitingFor"]>;

const isListOfStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");

/** Classes in which jobs have waited: the sweep looks there. */
export const readClasses = async (
  ledger: Pick<Ledger, "note">,
): Promise<{ readonly names: readonly string[]; readonly version: number }> => {
  const note = await ledger.note(CLASSES_NOTE);
  return { names: isListOfStrings(note?.value) ? note.value : [], version: note?.version ?? 0 };
};

/** The change that makes a class known to the sweep; none when it is. */
export const rememberClass = async (ledger: Ledger, key: string): Promise<readonly Change[]> => {
  const { names, version } = await readClasses(ledger);
  if (names.includes(key)) return [];
  return [{ note: { name: CLASSES_NOTE, version: version + 1, value: [...names, key].sort() } }];
};

/** A new attempt that waits. */
export const newWaiting = (
  order: RunnerOrder,
  number: AttemptNumber,
  waitingFor: WaitingFor,
  now: number,
): Attempt => ({
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
  waiting: Attempt,
  order: RunnerOrder,
  waitingFor: WaitingFor,
): Attempt | undefined => {
  const key = classKey(order.runnerClass);
  const isAsleep = waitingFor !== "ec2" || waiting.wokenAt === undefined;
  if (waiting.waitingFor === waitingFor && waiting.classKey === key && isAsleep) return undefined;
  const { queuedAt } = waiting.order;
  const patch = { waitingFor, classKey: key, order: { ...order, queuedAt }, wokenAt: undefined };
  return touch(waiting, { ...patch, ...NOT_THROTTLED });
};
