import type { Attempt, OrderedAttempt, Runner, Time } from "../model/ledger-items";
import { codeOf } from "../model/reasons";
import { WAIT_CAUSES, type WaitCause, type WaitMark, type Waits } from "./causes";
import { installSecondsOf } from "./machine-id";
import { marksWith } from "./marks";

/** What GitLab's answer says of a job's start. Times in milliseconds since 1970, by GitLab's clock. */
export interface JobStart {
  readonly startedAt: Time;
  /** How long GitLab had it pending. Absent: an older server. */
  readonly queuedSeconds?: number;
  /** The first request of the runner that has it. Absent: an older server. */
  readonly runnerSeenAt?: Time;
  /** That machine's id, in which it may say how long it installed (see machine-id.ts). */
  readonly runnerSystemId?: string;
}

/** A part of a job's wait. */
export interface WaitInterval {
  readonly cause: WaitCause;
  readonly from: Time;
  readonly to: Time;
}

const within = (time: Time, from: Time, to: Time): Time => Math.min(Math.max(time, from), to);

type Seen = Pick<JobStart, "runnerSeenAt" | "runnerSystemId">;

/** The machine's part: it booted, installed, and asked until GitLab gave it the job. */
const machineIntervals = (
  { from, to }: WaitInterval,
  { runnerSeenAt, runnerSystemId }: Seen,
): readonly WaitInterval[] => {
  if (runnerSeenAt === undefined) return [{ cause: "boot", from, to }];
  const seen = within(runnerSeenAt, from, to);
  const installing = within(seen - installSecondsOf(runnerSystemId) * 1_000, from, seen);
  return [
    { cause: "boot", from, to: installing },
    { cause: "install", from: installing, to: seen },
    { cause: "assignment", from: seen, to },
  ];
};

/**
 * The intervals of a wait, in order and without gaps: each has exactly one cause, and together they are the time from
 * `begin` to `end`. Marks outside of it, such as those of a start that was overtaken, take nothing.
 */
export const intervalsOf = (
  begin: Time,
  end: Time,
  marks: readonly WaitMark[],
  seen: Seen = {},
): readonly WaitInterval[] => {
  const from = [begin, ...marks.map(({ at }) => within(at, begin, end))];
  const causes: readonly string[] = ["webhook", ...marks.map(({ cause }) => cause)];
  return causes
    .map((cause, index) => ({
      cause: codeOf(WAIT_CAUSES, cause) ?? "other",
      from: from[index] ?? end,
      to: from[index + 1] ?? end,
    }))
    .flatMap((each) => (each.cause === "boot" ? machineIntervals(each, seen) : [each]))
    .filter((each) => each.to > each.from);
};

/** Milliseconds by cause. They sum to the intervals' length. */
export const sumByCause = (intervals: readonly WaitInterval[]): Waits => {
  const waits: Partial<Record<WaitCause, number>> = {};
  for (const { cause, from, to } of intervals) waits[cause] = (waits[cause] ?? 0) + to - from;
  return waits;
};

/** Of an attempt that an earlier version of the product opened, the launch is all that is known. */
const marksOf = (attempt: OrderedAttempt, runner: Runner | undefined): readonly WaitMark[] => {
  const { LAUNCHED } = attempt.times;
  const launched: readonly WaitMark[] = LAUNCHED === undefined ? [] : [{ cause: "boot", at: LAUNCHED }];
  return marksWith(attempt, runner) ?? [{ cause: "other", at: attempt.order.queuedAt }, ...launched];
};

/** When GitLab made the job pending: by its own answer where it says so, else as the look-up saw it. */
const pendingAt = (attempt: OrderedAttempt, { startedAt, queuedSeconds }: JobStart): Time =>
  queuedSeconds === undefined
    ? Math.min(attempt.order.queuedAt, startedAt)
    : startedAt - Math.round(queuedSeconds * 1_000);

/**
 * The wait of a job that runs, by cause; its sum is the time from pending to running.
 *
 * @param attempt the job's last
 * @param runner the attempt's own
 */
export const waitsOf = (attempt: OrderedAttempt, runner: Runner | undefined, start: JobStart): Waits =>
  sumByCause(intervalsOf(pendingAt(attempt, start), start.startedAt, marksOf(attempt, runner), start));

/** The same of a job that still waits, up to now. */
export const waitsSoFar = (attempt: OrderedAttempt, runner: Runner | undefined, now: Time): Waits =>
  sumByCause(intervalsOf(Math.min(attempt.order.queuedAt, now), now, marksOf(attempt, runner)));

export const totalOf = (waits: Waits): number =>
  Object.values(waits).reduce((sum, milliseconds) => sum + milliseconds, 0);

/** The cause that took most. Undefined: the job did not wait. */
export const firstCause = (waits: Waits): WaitCause | undefined => {
  const found = WAIT_CAUSES.filter((cause) => (waits[cause] ?? 0) > 0);
  return found.reduce<WaitCause | undefined>(
    (first, cause) => ((waits[cause] ?? 0) > (first ? (waits[first] ?? 0) : 0) ? cause : first),
    undefined,
  );
};

/** Whether an attempt's wait is still to be told: its job has not begun. */
export const stillWaits = ({ state }: Pick<Attempt, "state">): boolean =>
  state !== "RUNNING" && state !== "ENDED";
