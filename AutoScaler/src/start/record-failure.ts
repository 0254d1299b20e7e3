import { defined } from "../../../Core/defined";
import type { JobEvent } from "../../../Core/model/job-event";
import {
  type Attempt,
  type AttemptNumber,
  isLastAttempt,
  isLeased,
  isOfProject,
  type Time,
  ttlAfter,
} from "../../../Core/model/ledger";
import type { AttemptFailureCode } from "../../../Core/model/reasons";
import { isRepeat, retryAt } from "../../../Core/queue/retry-schedule";
import type { Dependencies } from "../dependencies";
import { type AttemptFailure, failAttempt } from "../ledger/close-attempt";
import { retryOnConflict } from "../ledger/commit";
import type { LedgerChange } from "../ports";
import { type Freed, freedSlot } from "../queue/freed";
import { type GitLabOutage, recordOutage } from "../waits/gitlab-outage";

export type FailureDependencies = Pick<Dependencies, "ledger" | "clock" | "metric">;

/** What the workflow caught: an error's name, and Lambda's text about it. */
export interface WorkflowFailure {
  /** Absent: the end of a runner failed, the reconciler asks for it again. */
  readonly job?: JobEvent;
  /** The workflow had not found out yet which runner the job needs. */
  readonly isLookUp: boolean;
  readonly error: string;
  readonly cause: string;
}

export interface RecordedFailure {
  readonly kind: "failed" | "noted";
  readonly freed?: Freed;
}

type Lasting = Readonly<Record<string, AttemptFailureCode>>;

/**
 * Errors that prove that trying again at once is no use, and what they say of the attempt. Of a look-up only what
 * comes after GitLab confirmed the job: anything before it would be written under a number that somebody may have
 * invented.
 */
const LASTING_OF_LOOK_UP: Lasting = {
  MappingError: "configuration",
  BadTagsError: "bad-tags",
  BeyondBoundsError: "beyond-bounds",
};
const LASTING_OF_START: Lasting = {
  ConfigurationError: "configuration",
  InvalidInputError: "invalid-input",
  NoAnswerError: "gitlab-no-answer",
};

const reasonOf = (error: string, isLookUp: boolean): AttemptFailureCode | undefined => {
  const lasting = isLookUp ? LASTING_OF_LOOK_UP : LASTING_OF_START;
  return Object.hasOwn(lasting, error) ? lasting[error] : undefined;
};

const failedLookUp = (job: JobEvent, number: AttemptNumber, failure: AttemptFailure, now: Time): Attempt => ({
  kind: "attempt",
  jobId: job.jobId,
  ...number,
  version: 1,
  state: "FAILED",
  projectId: job.projectId,
  jobName: job.jobName,
  ...failure,
  times: { FAILED: now },
  ttl: ttlAfter(now),
});

/** A look-up that cannot succeed uses an attempt up, so a job is looked up three times at most (I-25). */
const afterLookUp = (
  job: JobEvent,
  last: Attempt | undefined,
  failure: AttemptFailure,
  now: Time,
): readonly LedgerChange[] => {
  if (last === undefined) return [{ put: failedLookUp(job, { attempt: 1 }, failure, now) }];
  if (last.state === "WAITING") return failAttempt(last, failure, now);
  const mayFollow = last.state === "FAILED" && !isLastAttempt(last) && now >= retryAt(last);
  const next = { attempt: last.attempt + 1, ...defined({ reassigned: last.reassigned }) };
  return mayFollow ? [{ put: failedLookUp(job, next, failure, now) }, { check: last }] : [];
};

/**
 * Nothing runs for a claim whose start released its lease: the runner would have been stored. A GitLab that did not
 * answer is asked once more for the same attempt, but for the last one (I-25).
 */
const afterStart = (
  last: Attempt | undefined,
  failure: AttemptFailure,
  now: Time,
): readonly LedgerChange[] => {
  if (last?.state !== "CLAIMED" || isLeased(last, now)) return [];
  const isRepeated = failure.reason === "gitlab-no-answer" && !isRepeat(last) && !isLastAttempt(last);
  return isRepeated ? [] : failAttempt(last, failure, now);
};

const OF_GITLAB: Readonly<Record<string, GitLabOutage["cause"]>> = {
  UnreachableError: "gitlab",
  ThrottledError: "throttled",
};

/** Nothing is stored under a job that GitLab did not confirm, but that GitLab could not be asked then. */
const noteOutage = async (
  { ledger, clock }: FailureDependencies,
  { receivedAt }: JobEvent,
  error: string,
): Promise<void> => {
  const cause = Object.hasOwn(OF_GITLAB, error) ? OF_GITLAB[error] : undefined;
  const now = clock.now();
  if (cause !== undefined) await recordOutage(ledger, cause, Math.min(receivedAt ?? now, now), now);
};

const NOTED = { changes: [], result: { kind: "noted" } } as const;

/** What is no JSON stays as it is: the record of a failure must not fail. */
const unquoted = (text: string): string => {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
};

/** The error's message, out of Lambda's JSON, which may be cut off; a sentence at most. */
const messageOf = (cause: string): Pick<AttemptFailure, "detail"> => {
  const quoted = /"errorMessage":"((?:[^"\\]|\\(?:u[0-9a-f]{4}|[^u])){1,300})/i.exec(cause)?.[1];
  const detail = quoted === undefined ? undefined : unquoted(quoted).replace(/\.$/, "");
  return defined({ detail });
};

/**
 * Notes why a workflow failed. FAILED is written only where nothing can run, under a job that GitLab confirmed: the
 * mapping cannot be followed for it, or its claim was not followed by a runner. What may have been launched keeps its state; the lease expires and
 * the reconciler goes on (trace 6).
 */
export const recordFailure = async (
  dependencies: FailureDependencies,
  { job, isLookUp, error, cause }: WorkflowFailure,
): Promise<RecordedFailure> => {
  dependencies.metric("WorkflowFailures", 1, { error });
  if (job !== undefined && isLookUp) await noteOutage(dependencies, job, error);
  const reason = reasonOf(error, isLookUp);
  if (job === undefined || reason === undefined) return { kind: "noted" };
  const isLast = reason === "bad-tags";
  const failure: AttemptFailure = { reason, ...messageOf(cause), ...(isLast ? { isLast } : {}) };
  const result = await retryOnConflict<RecordedFailure>(dependencies.ledger, async () => {
    const now = dependencies.clock.now();
    const last = (await dependencies.ledger.attempts(job.jobId)).at(-1);
    if (last !== undefined && !isOfProject(last, job.projectId)) return NOTED;
    const changes = isLookUp ? afterLookUp(job, last, failure, now) : afterStart(last, failure, now);
    if (changes.length === 0) return NOTED;
    const freed = last?.slot === undefined ? undefined : freedSlot(last.classKey);
    return { changes, result: { kind: "failed", ...defined({ freed }) } };
  });
  if (result.kind === "failed") dependencies.metric("JobsFailed", 1, { reason: failure.reason });
  return result;
};
