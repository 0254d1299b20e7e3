import { defined } from "../../../Core/defined";
import { TransientError } from "../../../Core/errors";
import type { JobEvent } from "../../../Core/model/job-event";
import {
  type Attempt,
  isOfProject,
  isRunnerOf,
  type OrphanInstance,
  type Runner,
} from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { askGitLab, countInVain, type HintDependencies, isSkipped } from "../hints/ask-gitlab";
import { awaitsEnd, concernedAttempts, hasEnded } from "../ledger/close-attempt";
import { foundJob } from "../ports";
import { recordInterruption } from "../spot/spot-loss";
import { ORPHAN_LIFETIME_SECONDS } from "../timing";
import { confirmedDeath, isOrphanOver } from "./confirm-death";
import { type EndOrder, type FoundRunners, type JobFacts, jobFacts, NO_RUNNERS } from "./end-order";
import { readRecord } from "./read-record";
import { interruptionOf, type StopEvent, saysNothing } from "./stop-event";
import { endOfJob, terminationReason } from "./termination-reason";

export type FindDependencies = HintDependencies & Pick<Dependencies, "ledger" | "instances">;

/** The job as the webhook describes it, without a runner of another project. */
const payloadFacts = async (
  { ledger }: FindDependencies,
  { jobId: id, projectId, status, runnerId }: JobEvent,
): Promise<JobFacts> => {
  const runner = runnerId === undefined ? undefined : await ledger.runner(runnerId);
  const isAnothers = runner !== undefined && !isRunnerOf(runner, projectId);
  return { id, projectId, status, ...defined({ runnerId: isAnothers ? undefined : runnerId }) };
};

/** The job as GitLab shows it; in payload mode from the webhook. A job that GitLab lacks proves nothing. */
const readJob = async (
  dependencies: FindDependencies,
  event: JobEvent,
  isKnown: boolean,
): Promise<JobFacts | undefined> => {
  if (dependencies.gitLab.mode === "payload") return payloadFacts(dependencies, event);
  const job = await askGitLab(dependencies, event, { isKnown });
  return isSkipped(job) ? undefined : jobFacts(job);
};

const isDone = ({ state, recordDeletedAt }: Runner): boolean =>
  state === "GONE" && recordDeletedAt !== undefined;

/** The runner ran the job, or was started for it and has no other. */
const belongsTo = (runner: Runner, job: JobFacts): boolean => {
  if (runner.runnerId === job.runnerId || runner.busyJobId === job.id) return true;
  return runner.jobId === job.id && runner.busyJobId === undefined;
};

const runnersOfJob = async (
  { ledger }: FindDependencies,
  job: JobFacts,
  attempts: readonly Attempt[],
): Promise<readonly Runner[]> => {
  const named = [
    job.runnerId,
    ...attempts.flatMap(({ runnerId, ranOnRunnerId }) => [ranOnRunnerId, runnerId]),
  ];
  const ids = [...new Set(named)].filter((id) => id !== undefined);
  const runners = await Promise.all(ids.map((id) => ledger.runner(id)));
  return runners.filter(
    (runner) => runner !== undefined && belongsTo(runner, job) && !isDone(runner),
  ) as Runner[];
};

const orderFor = (runner: Runner, job: JobFacts): EndOrder => ({
  runnerId: runner.runnerId,
  reason: endOfJob(job),
  isDead: false,
  endedJob: job,
  ...(runner.jobId === job.id ? { ownJob: job } : {}),
});

const ordersFor = async (
  dependencies: FindDependencies,
  job: JobFacts,
  attempts: readonly Attempt[],
): Promise<readonly EndOrder[]> => {
  if (!hasEnded(job)) return [];
  const runners = await runnersOfJob(dependencies, job, attempts);
  if (runners.length > 0) return runners.map((runner) => orderFor(runner, job));
  return concernedAttempts(attempts, job.runnerId).some(awaitsEnd)
    ? [{ reason: endOfJob(job), isDead: false, endedJob: job }]
    : [];
};

/**
 * Finds the runner that ran the job, and those started for it. Reads the ledger first: a webhook for a job
 * that it knows is real.
 */
const afterJob = async (dependencies: FindDependencies, event: JobEvent): Promise<FoundRunners> => {
  const all = await dependencies.ledger.attempts(event.jobId);
  const attempts = all.filter((attempt) => isOfProject(attempt, event.projectId));
  const job = await readJob(dependencies, event, attempts.some(awaitsEnd));
  if (job === undefined) return NO_RUNNERS;
  const runners = await ordersFor(dependencies, job, attempts);
  if (runners.length === 0) await countInVain(dependencies, event, hasEnded(job));
  return { runners };
};

/** Undefined: not asked, not found, or no answer from GitLab. None of these is a reason to end a runner. */
const askFor = async (
  { gitLab }: FindDependencies,
  projectId: number | undefined,
  jobId: number | undefined,
): Promise<JobFacts | undefined> => {
  if (projectId === undefined || jobId === undefined || gitLab.mode === "payload") return undefined;
  try {
    const job = foundJob(await gitLab.job(projectId, jobId));
    return job && jobFacts(job);
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
};

const isSameJob = (runner: Runner): boolean => runner.busyJobId === runner.jobId;

const factsOf = async (
  dependencies: FindDependencies,
  runner: Runner,
): Promise<{ ownJob?: JobFacts; busyJob?: JobFacts }> => {
  // Its end is under way or done and its attempts are closed, so the state of its jobs changes nothing.
  if (runner.state === "ENDING" || runner.state === "GONE") return {};
  const ownJob = runner.adopted
    ? undefined
    : await askFor(dependencies, runner.order.projectId, runner.jobId);
  const busyJob =
    isSameJob(runner) && ownJob ? ownJob : await askFor(dependencies, runner.busyProjectId, runner.busyJobId);
  return defined({ ownJob, busyJob });
};

type AskedEnd = Extract<StopEvent, { kind: "runner" }>;

/** The runner is GONE in the ledger, but the reconciler saw its instance alive. */
const outlivesRunner = (event: AskedEnd, runner: Runner): boolean =>
  runner.state === "GONE" && event.resourceId !== undefined && event.reason === "instance-remaining";

const endRunner = async (
  dependencies: FindDependencies,
  event: AskedEnd,
  runner: Runner,
): Promise<FoundRunners> => {
  const jobs = await factsOf(dependencies, runner);
  const death = await confirmedDeath(dependencies, event, runner);
  const interruption = interruptionOf(event);
  if (interruption === "spot-interruption") await recordInterruption(dependencies, runner);
  const record = await readRecord(dependencies, runner);
  const facts = { ...defined({ death, interruption, record }), ...jobs };
  const due = terminationReason({ runner, ...facts, now: dependencies.clock.now() });
  const reason = due ?? (outlivesRunner(event, runner) ? "instance-remaining" : undefined);
  if (reason === undefined) return NO_RUNNERS;
  const endedJob = [jobs.busyJob, jobs.ownJob].find((job) => job !== undefined && hasEnded(job));
  const { ownJob } = jobs;
  return {
    runners: [
      {
        runnerId: runner.runnerId,
        reason,
        // The runner is dead while a job is still assigned to it, so no check can confirm that it is free.
        isDead: death !== undefined || reason === "runner-crashed",
        ...defined({ endedJob, ownJob }),
      },
    ],
  };
};

const ORPHAN_LIFETIME_MILLISECONDS = ORPHAN_LIFETIME_SECONDS * 1000;

/**
 * Ends an orphan. It belongs to no runner in the ledger, so it runs no job of ours. Without AccessToken
 * nothing is ended early: there an orphan is left for a day.
 */
const endOrphan = async (
  dependencies: FindDependencies,
  event: AskedEnd,
  orphan: OrphanInstance,
): Promise<FoundRunners> => {
  if (orphan.state === "GONE" && event.reason !== "instance-remaining") return NO_RUNNERS;
  const isDead = await isOrphanOver(dependencies, event, orphan);
  const age = dependencies.clock.now() - (orphan.times.FOUND ?? 0);
  const isLeft = dependencies.gitLab.mode === "payload" && !isDead && age < ORPHAN_LIFETIME_MILLISECONDS;
  return isLeft
    ? NO_RUNNERS
    : { runners: [{ orphanId: orphan.resourceId, reason: "orphan-adopted", isDead }] };
};

const afterRunner = async (dependencies: FindDependencies, event: AskedEnd): Promise<FoundRunners> => {
  if (saysNothing(event)) return NO_RUNNERS;
  const found = await (event.runnerId === undefined
    ? dependencies.ledger.byResource(event.resourceId ?? "")
    : dependencies.ledger.runner(event.runnerId));
  if (found === undefined) return NO_RUNNERS;
  return found.kind === "orphan"
    ? endOrphan(dependencies, event, found)
    : endRunner(dependencies, event, found);
};

/**
 * Finds the runners that are to be ended. It writes nothing but what a spot interruption teaches. Ids come from
 * the ledger, under runner ids that we created (T-16). An instance that the ledger does not know is not ended.
 */
export const findRunner = (dependencies: FindDependencies, event: StopEvent): Promise<FoundRunners> =>
  event.kind === "job" ? afterJob(dependencies, event.job) : afterRunner(dependencies, event);
