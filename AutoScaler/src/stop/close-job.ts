import {
  type Attempt,
  isLastAttempt,
  isReassigned,
  type Runner,
  type Time,
} from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { concernedAttempts, endAttempt, failAttempt, loseAttempt } from "../ledger/close-attempt";
import { retryOnConflict } from "../ledger/commit";
import type { LedgerChange } from "../ports";
import { freedSlot } from "../queue/freed";
import type { EndOrder, EndResult, JobFacts } from "./end-order";

type CloseDependencies = Pick<Dependencies, "ledger" | "clock">;

/** A job's end closes all its attempts, but for those that came to nothing before. */
export const endAttempts = (
  attempts: readonly Attempt[],
  job: JobFacts,
  now: Time,
): readonly LedgerChange[] =>
  concernedAttempts(attempts, job.runnerId).flatMap((attempt) => endAttempt(attempt, job, now));

/** Closes the attempts of a job that ended and had no runner: cancelled while it waited, or before its start. */
export const closeJob = async ({ ledger, clock }: CloseDependencies, job: JobFacts): Promise<EndResult> => {
  const freed = await retryOnConflict(ledger, async () => {
    const attempts = await ledger.attempts(job.id);
    const held = attempts.find(({ slot }) => slot !== undefined);
    return { changes: endAttempts(attempts, job, clock.now()), result: freedSlot(held?.classKey) };
  });
  return { kind: "absent", reason: "no-runner", ...(freed ? { freed } : {}) };
};

/** The attempt of a runner that ends without having met its job: FAILED while GitLab says pending (trace 8). */
const failOwnAttempt = async (
  { ledger }: CloseDependencies,
  runner: Runner,
  { ownJob, reason }: EndOrder,
  now: Time,
): Promise<readonly LedgerChange[]> => {
  if (ownJob?.id !== runner.jobId || ownJob.status !== "pending") return [];
  const own = (await ledger.attempts(runner.jobId)).find(({ attempt }) => attempt === runner.attempt);
  // A reassigned attempt did not fail: the job's next one does not count it.
  const isOwn = own?.runnerId === runner.runnerId && !isReassigned(own, runner);
  // The job has waited long enough for all its attempts.
  const isLast = reason === "never-started";
  return isOwn ? failAttempt(own, { reason, ...(isLast ? { isLast } : {}) }, now) : [];
};

/** It ends whatever its job does. */
const isLost = ({ isDead, reason }: EndOrder): boolean => isDead || reason === "lifetime-reached";

/** The job that the runner had when it was lost, by our record or by GitLab's word on its own job. */
const lostJobId = (runner: Runner, { ownJob, endedJob }: EndOrder): number | undefined => {
  const hadOwn = ownJob?.status === "running" && ownJob.runnerId === runner.runnerId;
  const jobId = runner.busyJobId ?? (hadOwn ? ownJob.id : undefined);
  return jobId === endedJob?.id || jobId === runner.endedJobId ? undefined : jobId;
};

const hadJob = (attempt: Attempt, runner: Runner): boolean =>
  attempt.state === "RUNNING"
    ? attempt.ranOnRunnerId === runner.runnerId
    : runner.busyJobId === undefined && attempt.runnerId === runner.runnerId;

/**
 * The attempt of a job that was running on a runner that is lost. Where a job is handed out as running no other runner
 * can get it any more: GitLab fails it, and a retry has another id.
 */
export const loseJob = async (
  { ledger }: Pick<CloseDependencies, "ledger">,
  runner: Runner,
  order: EndOrder,
  now: Time,
): Promise<readonly LedgerChange[]> => {
  const jobId = isLost(order) ? lostJobId(runner, order) : undefined;
  if (jobId === undefined) return [];
  const attempts = (await ledger.attempts(jobId)).filter((attempt) => hadJob(attempt, runner));
  return attempts.flatMap((attempt) => loseAttempt(attempt, runner, order.reason, now));
};

/** The job's last attempt failed: nothing starts it any more, so that has to be counted. */
export const isJobGivenUp = (change: LedgerChange): boolean =>
  "put" in change &&
  change.put.kind === "attempt" &&
  change.put.state === "FAILED" &&
  isLastAttempt(change.put);

/** What an end changes in attempts: the ended job's are closed, its own unmet one fails, a lost job's is closed. */
export const attemptChanges = async (
  dependencies: CloseDependencies,
  runner: Runner,
  order: EndOrder,
  now: Time,
): Promise<readonly LedgerChange[]> => {
  const { endedJob } = order;
  const ended =
    endedJob === undefined ? [] : endAttempts(await dependencies.ledger.attempts(endedJob.id), endedJob, now);
  const failed = endedJob?.id === runner.jobId ? [] : await failOwnAttempt(dependencies, runner, order, now);
  return [...ended, ...failed, ...(await loseJob(dependencies, runner, order, now))];
};
