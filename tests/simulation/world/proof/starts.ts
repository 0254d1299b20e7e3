import type { Time } from "../../../../Core/model/ledger";

/** One runner, as EC2 or Lambda shows it: an instance, or an invocation that has taken its row. */
export interface RunnerSpan {
  readonly jobId: number;
  readonly attempt: number;
  readonly from: Time;
  /** Infinity: it is alive. */
  readonly to: Time;
  /** From then on it can serve its job no more: it was paused, its record deleted, or another job took it. */
  readonly closedAt: Time;
}

const says = ({ jobId, attempt }: RunnerSpan): string => `${jobId}-${attempt}`;

const twice = (spans: readonly RunnerSpan[]): string[] => {
  const attempts = spans.map(says);
  const again = attempts.filter((attempt, index) => attempts.indexOf(attempt) !== index);
  return [...new Set(again)].map((attempt) => `I-2: more than one runner for ${attempt}`);
};

/** A further attempt is for a job whose runner before cannot serve it. */
const isPermitted = (before: RunnerSpan, after: RunnerSpan): boolean => {
  const both = Math.max(before.from, after.from);
  return Math.min(before.to, before.closedAt) <= both || after.to <= both;
};

const withoutReason = (spans: readonly RunnerSpan[]): string[] =>
  spans.flatMap((after) =>
    spans
      .filter((before) => before.attempt < after.attempt && !isPermitted(before, after))
      .map((before) => `I-2: ${says(after)} began while the runner of ${says(before)} could serve the job`),
  );

/** Runners that should not be: a second one for an attempt, or a further attempt's while the one before could serve the job. */
export const wrongStarts = (spans: readonly RunnerSpan[]): string[] => {
  const ofJob = new Map<number, RunnerSpan[]>();
  for (const span of spans) ofJob.set(span.jobId, [...(ofJob.get(span.jobId) ?? []), span]);
  return [...ofJob.values()]
    .filter((some) => some.length > 1)
    .flatMap((some) => [...twice(some), ...withoutReason(some)]);
};
