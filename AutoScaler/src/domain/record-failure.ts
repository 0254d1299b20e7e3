import type { JobEvent } from "../../../Core/job-event";
import {
  type Attempt,
  type AttemptNumber,
  isLastAttempt,
  isLeased,
  type Time,
  ttlAfter,
} from "../../../Core/ledger";
import type { RunnerOrder } from "../../../Core/runner-order";
import { failAttempt } from "./close-attempt";
import { follow } from "./commit";
import type { Change } from "./ports";
import { isRepeat, retryAt } from "./retries";
import type { World } from "./world";

export type FailureWorld = Pick<World, "ledger" | "clock" | "metric">;

/** What the workflow caught: an error's name, and Lambda's text about it. */
export interface Failure {
  /** Absent: the end of a runner failed, the sweep asks for it again. */
  readonly job?: JobEvent;
  /** The workflow had not found out yet which runner the job needs. */
  readonly isLookUp: boolean;
  readonly error: string;
  readonly cause: string;
}

export interface RecordedFailure {
  readonly kind: "failed" | "noted";
  readonly placeFreed?: string;
}

/** GitLab did not say whether it made a runner. */
const NO_ANSWER = "NoAnswerError";

/** Errors that prove that trying again at once is no use. */
const LASTING = ["ConfigurationError", "InvalidInputError", NO_ANSWER];

/** A job that was not looked up has no order; the item holds what is known, and a class of its own name. */
const unknownOrder = (job: JobEvent, now: Time): RunnerOrder => ({
  jobId: job.jobId,
  projectId: job.projectId,
  jobName: job.jobName,
  tags: [],
  queuedAt: now,
  runnerClass: { name: "none", type: "LAMBDA", lifetimeSeconds: 0, waitTimeoutSeconds: 0, maxRunners: 0 },
  verified: false,
});

const failedLookUp = (job: JobEvent, number: AttemptNumber, reason: string, now: Time): Attempt => ({
  kind: "attempt",
  jobId: job.jobId,
  ...number,
  version: 1,
  state: "FAILED",
  order: unknownOrder(job, now),
  classKey: "none",
  reason,
  times: { FAILED: now },
  ttl: ttlAfter(now),
});

/** A look-up that cannot succeed uses an attempt up, so a job is looked up three times at most (I-25). */
const afterLookUp = (
  job: JobEvent,
  last: Attempt | undefined,
  reason: string,
  now: Time,
): readonly Change[] => {
  if (last === undefined) return [{ put: failedLookUp(job, { attempt: 1 }, reason, now) }];
  if (last.state === "WAITING") return failAttempt(last, reason, now);
  const mayFollow = last.state === "FAILED" && !isLastAttempt(last) && now >= retryAt(last);
  const next = { attempt: last.attempt + 1, ...(last.robbed === undefined ? {} : { robbed: last.robbed }) };
  return mayFollow ? [{ put: failedLookUp(job, next, reason, now) }, { check: last }] : [];
};

/**
 * Nothing runs for a claim whose start gave its lease back: the runner would have been stored. A GitLab that did not
 * answer is asked once more for the same attempt, but for the last one (I-25).
 */
const afterStart = (
  last: Attempt | undefined,
  { error }: Failure,
  reason: string,
  now: Time,
): readonly Change[] => {
  if (last?.state !== "CLAIMED" || isLeased(last, now)) return [];
  const isRepeated = error === NO_ANSWER && !isRepeat(last) && !isLastAttempt(last);
  return isRepeated ? [] : failAttempt(last, reason, now);
};

/** The error's message, out of Lambda's JSON; a sentence at most. */
const sentence = ({ error, cause }: Failure): string => {
  const message = /"errorMessage":"((?:[^"\\]|\\.){1,300})/.exec(cause)?.[1] ?? "";
  return message === "" ? error : `${error}: ${message}`;
};

/**
 * Notes why a workflow failed. FAILED is written only where nothing can run: a look-up that cannot succeed, or a
 * claim that was not followed by a runner. What may have been launched keeps its state; the lease expires and
 * the sweep goes on (trace 6).
 */
export const recordFailure = async (world: FailureWorld, failure: Failure): Promise<RecordedFailure> => {
  const { job } = failure;
  world.metric("WorkflowFailures", 1, { error: failure.error });
  if (job === undefined || !LASTING.includes(failure.error)) return { kind: "noted" };
  const reason = sentence(failure);
  const result = await follow<RecordedFailure>(world.ledger, async () => {
    const now = world.clock.now();
    const last = (await world.ledger.attempts(job.jobId)).at(-1);
    const changes = failure.isLookUp
      ? afterLookUp(job, last, reason, now)
      : afterStart(last, failure, reason, now);
    if (changes.length === 0) return { changes, result: { kind: "noted" } };
    const freed = last?.place === undefined ? {} : { placeFreed: last.classKey };
    return { changes, result: { kind: "failed", ...freed } };
  });
  if (result.kind === "failed") world.metric("JobsFailed", 1, { reason: failure.error });
  return result;
};
