import { defined } from "../../../Core/defined";
import { jobStartFailedEvent } from "../../../Core/events/job-start-failed";
import { END_STATUSES } from "../../../Core/model/job-event";
import {
  type Attempt,
  advanceAttempt,
  isLastAttempt,
  isOfProject,
  mayBecome,
  type OrderedAttempt,
  type Runner,
  type Time,
  touch,
} from "../../../Core/model/ledger";
import type { AttemptFailureCode, RunnerEndCode } from "../../../Core/model/reasons";
import { blame } from "../../../Core/waiting/marks";
import type { Dependencies } from "../dependencies";
import { releaseSlot } from "../limits/slots";
import { foundJob, type GitLabJob, type LedgerChange } from "../ports";
import { freedSlot } from "../queue/freed";
import { NOT_THROTTLED } from "../queue/queue";
import type { StartOutcome } from "../queue/start-outcome";
import { closeWait } from "../waits/close-wait";
import { tellWait } from "../waits/tell-wait";
import { retryOnConflict } from "./commit";

type CloseDependencies = Pick<Dependencies, "ledger" | "gitLab" | "clock" | "metric" | "deploymentId">;

/** True when the job's status is final. */
export const hasEnded = (job: Pick<GitLabJob, "status">): boolean => END_STATUSES.includes(job.status);

/** A runner has the job: it runs, or it is assigned and not confirmed yet (two-phase commit). */
export const isTaken = (job: Pick<GitLabJob, "status" | "runnerId">): boolean =>
  !hasEnded(job) && (job.status !== "pending" || job.runnerId !== undefined);

const leaving = {
  lease: undefined,
  slot: undefined,
  waitingFor: undefined,
  ...NOT_THROTTLED,
} as const;

/** The attempt was closed when its runner was lost, before GitLab ended the job. */
const lacksOutcome = ({ state, outcome }: Attempt): boolean => state === "ENDED" && outcome === undefined;

/** A job that did not fail ended before its runner was lost, so the reason of the loss is removed. */
const withOutcome = (
  attempt: Attempt,
  { status: outcome, failureReason }: Pick<GitLabJob, "status" | "failureReason">,
): Attempt =>
  touch(attempt, {
    outcome,
    reason: outcome === "failed" ? attempt.reason : undefined,
    ...defined({ failureReason }),
  });

/** True if GitLab's end of the job changes the attempt. */
export const awaitsEnd = (attempt: Attempt): boolean => mayBecome(attempt, "ENDED") || lacksOutcome(attempt);

/**
 * The attempts that a job's run or end changes. An earlier FAILED attempt with another runner stays as it is,
 * so that its reason is kept.
 *
 * @param attempts of the job, first to last
 * @param runnerId the runner that has or had the job
 */
export const concernedAttempts = (
  attempts: readonly Attempt[],
  runnerId: number | undefined,
): readonly Attempt[] =>
  attempts.filter(
    (attempt, index) =>
      attempt.state !== "FAILED" ||
      index === attempts.length - 1 ||
      (runnerId !== undefined && attempt.runnerId === runnerId),
  );

/**
 * The changes that close an attempt because GitLab ended its job, and release its slot if it still has one.
 * No changes if the job is in another project: that project's webhook must not close this attempt.
 */
export const endAttempt = (
  attempt: Attempt,
  job: Pick<GitLabJob, "projectId" | "status" | "runnerId" | "failureReason">,
  now: Time,
): readonly LedgerChange[] => {
  if (!isOfProject(attempt, job.projectId)) return [];
  if (lacksOutcome(attempt)) return [{ put: withOutcome(attempt, job) }];
  if (!mayBecome(attempt, "ENDED")) return [];
  const { status: outcome, runnerId: ranOnRunnerId, failureReason } = job;
  const ended = advanceAttempt(attempt, "ENDED", now, {
    ...leaving,
    ...defined({ ranOnRunnerId, failureReason }),
    outcome,
  });
  return [{ put: ended }, ...releaseSlot(attempt)];
};

/**
 * The changes that close an attempt whose runner ended while the job ran. GitLab still shows the job as
 * running and ends it later in its own clean-up. The outcome is stored then.
 */
export const loseAttempt = (
  attempt: Attempt,
  { runnerId }: Pick<Runner, "runnerId">,
  reason: RunnerEndCode,
  now: Time,
): readonly LedgerChange[] => {
  if (!mayBecome(attempt, "ENDED")) return [];
  const lost = advanceAttempt(attempt, "ENDED", now, { ...leaving, ranOnRunnerId: runnerId, reason });
  return [{ put: lost }, ...releaseSlot(attempt)];
};

/** The changes that store that the job runs, and release the attempt's slot if it still has one (trace 2). */
export const runAttempt = (attempt: Attempt, runnerId: number, now: Time): readonly LedgerChange[] => {
  if (!mayBecome(attempt, "RUNNING")) return [];
  const running = advanceAttempt(attempt, "RUNNING", now, {
    ...leaving,
    reason: undefined,
    detail: undefined,
    ranOnRunnerId: runnerId,
  });
  return [{ put: running }, ...releaseSlot(attempt)];
};

/** Why an attempt failed, as stored in the ledger. */
export interface AttemptFailure extends Pick<Attempt, "isLast" | "detail"> {
  readonly reason: AttemptFailureCode;
}

/** The changes that store that no runner runs for the attempt and none will. */
export const failAttempt = (
  attempt: Attempt,
  failure: AttemptFailure,
  now: Time,
): readonly LedgerChange[] => {
  if (!mayBecome(attempt, "FAILED")) return [];
  const marks = blame(attempt.marks, "failed");
  const failed = advanceAttempt(attempt, "FAILED", now, { ...leaving, ...failure, marks });
  return [{ put: failed }, ...releaseSlot(attempt)];
};

/** The job as GitLab shows it now. Undefined in payload mode. */
const askForJob = async (
  { gitLab }: CloseDependencies,
  { order }: OrderedAttempt,
): Promise<GitLabJob | undefined> =>
  gitLab.mode === "verified" ? foundJob(await gitLab.job(order.projectId, order.jobId)) : undefined;

const close = (
  attempt: Attempt,
  job: GitLabJob | undefined,
  failure: AttemptFailure,
  now: Time,
): readonly LedgerChange[] => {
  if (job !== undefined && hasEnded(job)) return endAttempt(attempt, job, now);
  if (job?.runnerId !== undefined && job.status === "running") return runAttempt(attempt, job.runnerId, now);
  return failAttempt(attempt, failure, now);
};

const current = async (dependencies: CloseDependencies, attempt: Attempt): Promise<Attempt | undefined> =>
  (await dependencies.ledger.attempts(attempt.jobId)).find((one) => one.attempt === attempt.attempt);

/** How an attempt is closed. `runnerChanges`: changes to its refused runner, for the same transaction. */
export interface Closing {
  readonly reason: AttemptFailureCode;
  /** What GitLab or AWS answered, for people. It never contains a token. */
  readonly detail?: string;
  /** No further attempt follows. */
  readonly isLast?: true;
  readonly runnerChanges?: (now: Time) => Promise<readonly LedgerChange[]>;
}

/**
 * Closes an attempt that has no running runner, after an answer that proves this. It is FAILED only while
 * GitLab shows the job as pending (trace 8). Otherwise the job's own state is stored.
 */
export const closeUnstarted = async (
  dependencies: CloseDependencies,
  attempt: OrderedAttempt,
  { runnerChanges, ...failure }: Closing,
): Promise<StartOutcome> => {
  const job = await askForJob(dependencies, attempt);
  const { isFailed, waited } = await retryOnConflict(dependencies.ledger, async () => {
    const now = dependencies.clock.now();
    const found = await current(dependencies, attempt);
    const closing = found === undefined ? [] : close(found, job, failure, now);
    const closed = closeWait(closing, found ? [found] : [], [], job ?? {}, now);
    const changes = [...closed.changes, ...((await runnerChanges?.(now)) ?? [])];
    const isFailed = closing.some((change) => "put" in change && change.put.state === "FAILED");
    return { changes, result: { isFailed, waited: closed.waited } };
  });
  if (waited !== undefined) tellWait(dependencies, waited);
  const freed = freedSlot(attempt.classKey);
  if (!isFailed) return { kind: "nothing", reason: "met-meanwhile", ...defined({ freed }) };
  dependencies.metric("JobsFailed", 1, { reason: failure.reason });
  const { isLast, ...told } = failure;
  const event = jobStartFailedEvent(dependencies.deploymentId, {
    jobId: attempt.jobId,
    projectId: attempt.order.projectId,
    attempt: attempt.attempt,
    reason: failure.reason,
    isFinal: isLastAttempt({ ...attempt, ...defined({ isLast }) }),
  });
  return { kind: "failed", ...told, ...defined({ freed }), events: [event] };
};
