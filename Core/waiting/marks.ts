import type { Attempt, Runner, Time } from "../model/ledger-items";
import type { WaitCause, WaitMark } from "./causes";

/** The marks of a job's wait, written where its attempt changes. Each begins an interval, and the next one ends it. */

/** What needs no mark of its own after an exchange: without it the job would run. */
const OF_REPLACEMENT: readonly WaitCause[] = ["start", "boot", "failed"];

/** A job may wait in and out of queues for hours. An item of the table stays small all the same. */
const MAX_MARKS = 16;

const isExchanged = (marks: readonly WaitMark[]): boolean => marks.some(({ cause }) => cause === "exchange");

const lengthAt = (marks: readonly WaitMark[], index: number): number =>
  (marks[index + 1]?.at ?? Number.POSITIVE_INFINITY) - (marks[index]?.at ?? 0);

/** Two intervals of one cause are one. */
const joined = (marks: readonly WaitMark[]): readonly WaitMark[] =>
  marks.filter(({ cause }, index) => marks[index - 1]?.cause !== cause);

/** Without the shortest interval, which counts for what came before it. The first one stays, and that of the first exchange. */
const shortened = (marks: readonly WaitMark[]): readonly WaitMark[] => {
  if (marks.length <= MAX_MARKS) return marks;
  const exchange = marks.findIndex(({ cause }) => cause === "exchange");
  const indexes = [...marks.keys()].filter((index) => index > 0 && index !== exchange);
  const shortest = indexes.reduce((one, other) =>
    lengthAt(marks, other) < lengthAt(marks, one) ? other : one,
  );
  return joined(marks.filter((_, index) => index !== shortest));
};

/**
 * The marks with one more: from `at` on the job waits for `cause`. A clock that is behind moves no earlier mark.
 *
 * @param at milliseconds since 1970
 */
export const enter = (
  marks: readonly WaitMark[] | undefined,
  wanted: WaitCause,
  at: Time,
): readonly WaitMark[] => {
  const before = marks ?? [];
  const last = before.at(-1);
  const cause = isExchanged(before) && OF_REPLACEMENT.includes(wanted) ? "exchange" : wanted;
  if (last?.cause === cause) return before;
  const time = Math.max(at, last?.at ?? at);
  const isOver = last?.at === time && last.cause !== "exchange";
  const ended = isOver ? before.slice(0, -1) : before;
  return ended.at(-1)?.cause === cause ? ended : shortened([...ended, { cause, at: time }]);
};

/** What a step took that failed counts for what made it fail, from the step's begin. */
const OWN_STEPS: readonly WaitCause[] = ["start", "boot"];

/** The marks with their last interval, if it is our own start or a boot, as one of `cause`. */
export const blame = (
  marks: readonly WaitMark[] | undefined,
  cause: WaitCause,
): readonly WaitMark[] | undefined => {
  const last = marks?.at(-1);
  if (marks === undefined || last === undefined || !OWN_STEPS.includes(last.cause)) return marks;
  return enter(marks.slice(0, -1), cause, last.at);
};

/** The marks of an attempt with those of its runner's launch, which was held back. */
export const withHolds = (
  marks: readonly WaitMark[] | undefined,
  holds: readonly WaitMark[] | undefined,
): readonly WaitMark[] | undefined =>
  marks === undefined || holds === undefined
    ? marks
    : holds.reduce<readonly WaitMark[]>((all, { cause, at }) => enter(all, cause, at), marks);

/** When the attempt's runner took another job. Undefined: it did not. */
const exchangedAt = ({ jobId }: Attempt, runner: Runner | undefined): Time | undefined =>
  runner?.busyJobId === undefined || runner.busyJobId === jobId ? undefined : runner.times.BUSY;

/**
 * A job's marks as its runner's item completes them.
 *
 * @param runner the attempt's own
 */
export const marksWith = (attempt: Attempt, runner: Runner | undefined): readonly WaitMark[] | undefined => {
  const marks = withHolds(attempt.marks, runner?.holds);
  const at = exchangedAt(attempt, runner);
  return marks === undefined || at === undefined ? marks : enter(marks, "exchange", at);
};

/** The marks that the next attempt begins with, after one that is spent. */
export const carriedOn = (last: Attempt, runner: Runner | undefined): readonly WaitMark[] | undefined => {
  const marks = marksWith(last, runner);
  return exchangedAt(last, runner) === undefined ? blame(marks, "failed") : marks;
};
