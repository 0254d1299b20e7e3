import { defined } from "../../../Core/defined";
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
import { closeWait } from "../waits/close-wait";
import type { EndOrder, EndResult, JobFacts } from "./end-order";

type CloseDependencies = Pick<Dependencies, "ledger" | "clock">;

/**
 * The changes that close the attempts of an ended job, except attempts that failed earlier. Of a job whose start nobody
 * told they complete the wait.
 */
export const endAttempts = (
  attempts: readonly Attempt[],
  job: JobFacts,
  now: Time,
): readonly LedgerChange[] =>
  closeWait(
    concernedAttempts(attempts, job.runnerId).flatMap((attempt) => endAttempt(attempt, job, now)),
    attempts,
    [],
    job,
    now,
  ).changes;

/** Closes the attempts of a job that ended without a runner, for example cancelled while it waited. */
export const closeJob = async ({ ledger, clock }: CloseDependencies, job: JobFacts): Promise<EndResult> => {
  const freed = await retryOnConflict(ledger, async () => {
    const attempts = await ledger.attempts(job.id);
    const held = attempts.find(({ slot }) => slot !== undefined);
    return { changes: endAttempts(attempts, job, clock.now()), result: freedSlot(held?.classKey) };
  });
  return { kind: "absent", reason: "no-runner", ...defined({ freed }) };
};

/** Fails the attempt of a runner that ends without its job, if GitLab shows the job pending (trace 8). */
const failOwnAttempt = async (
  { ledger }: CloseDependencies,
  runner: Runner,
  { ownJob, reason }: EndOrder,
  now: Time,
): Promise<readonly LedgerChange[]> => {
  if (ownJob?.id !== runner.jobId || ownJob.status !== "pending") return [];
  const own = (await ledger.attempts(runner.jobId)).find(({ attempt }) => attempt === runner.attempt);
  // A reassigned attempt did not fail, so the attempts of the job do not count it.
  const isOwn = own?.runnerId === runner.runnerId && !isReassigned(own, runner);
  // The job has waited as long as it may, so it gets no further attempt.
  const isLast = reason === "never-started";
  return isOwn ? failAttempt(own, { reason, ...(isLast ? { isLast } : {}) }, now) : [];
};

/** The runner ends even while a job runs on it. */
const isLost = ({ isDead, reason }: EndOrder): boolean => isDead || reason === "lifetime-reached";

/** The job of a lost runner: from the ledger, or the runner's own job if GitLab shows it running there. */
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
 * Closes the attempt of a job that ran on a lost runner. GitLab gives a job in state running to no other
 * runner. It fails the job, and a retry has another id.
 */
const loseJob = async (
  { ledger }: Pick<CloseDependencies, "ledger">,
  runner: Runner,
  order: EndOrder,
  now: Time,
): Promise<readonly LedgerChange[]> => {
  const jobId = isLost(order) ? lostJobId(runner, order) : undefined;
  if (jobId === undefined) return [];
  const attempts = await ledger.attempts(jobId);
  const had = attempts.filter((attempt) => hadJob(attempt, runner));
  const lost = had.flatMap((attempt) => loseAttempt(attempt, runner, order.reason, now));
  const job = [order.ownJob, order.endedJob].find((one) => one?.id === jobId);
  return closeWait(lost, attempts, [runner], job ?? {}, now).changes;
};

/** The change fails the job's last attempt. No further attempt starts it, so this is counted. */
export const isJobGivenUp = (change: LedgerChange): boolean =>
  "put" in change &&
  change.put.kind === "attempt" &&
  change.put.state === "FAILED" &&
  isLastAttempt(change.put);

/** Closes the ended job's attempts and a lost job's, and fails the attempt of a runner without its job. */
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
