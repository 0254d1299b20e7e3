import { defined } from "../../../../Core/defined";
import type { JobEvent } from "../../../../Core/model/job-event";
import { type Attempt, isOfProject, isRunnerOf, type Runner } from "../../../../Core/model/ledger";
import type { RunnerEndCode } from "../../../../Core/model/reasons";
import type { Dependencies } from "../../dependencies";
import { askGitLab, countInVain, type HintDependencies, isSkipped } from "../../hints/ask-gitlab";
import { awaitsEnd, concernedAttempts, hasEnded } from "../../ledger/close-attempt";
import { hadNotice } from "../../spot/spot-notice";
import { type EndOrder, type FoundRunners, type JobFacts, jobFacts, NO_RUNNERS } from "../end-order";
import { endOfJob } from "../termination-reason";
import { lossOfJob, mayBeLost } from "../unasked-end";

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

/** The job's end, or what took the job with it. The notice is read only for a job that failed. */
const reasonFor = async (
  { ledger, clock }: FindDependencies,
  runner: Runner,
  job: JobFacts,
): Promise<RunnerEndCode> => {
  const noticed = mayBeLost(job) && (await hadNotice({ ledger }, runner));
  return lossOfJob({ runner, hadNotice: noticed, now: clock.now() }, job) ?? endOfJob(job);
};

const orderFor = async (
  dependencies: FindDependencies,
  runner: Runner,
  job: JobFacts,
): Promise<EndOrder> => ({
  runnerId: runner.runnerId,
  reason: await reasonFor(dependencies, runner, job),
  isDead: false,
  endedJob: job,
  ...defined({ ownJob: runner.jobId === job.id ? job : undefined }),
});

const ordersFor = async (
  dependencies: FindDependencies,
  job: JobFacts,
  attempts: readonly Attempt[],
): Promise<readonly EndOrder[]> => {
  if (!hasEnded(job)) return [];
  const runners = await runnersOfJob(dependencies, job, attempts);
  if (runners.length > 0) return Promise.all(runners.map((runner) => orderFor(dependencies, runner, job)));
  return concernedAttempts(attempts, job.runnerId).some(awaitsEnd)
    ? [{ reason: endOfJob(job), isDead: false, endedJob: job }]
    : [];
};

/**
 * Finds the runner that ran the job, and those started for it. Reads the ledger first: a webhook for a job
 * that it knows is real.
 */
export const afterJob = async (dependencies: FindDependencies, event: JobEvent): Promise<FoundRunners> => {
  const all = await dependencies.ledger.attempts(event.jobId);
  const attempts = all.filter((attempt) => isOfProject(attempt, event.projectId));
  const job = await readJob(dependencies, event, attempts.some(awaitsEnd));
  if (job === undefined) return NO_RUNNERS;
  const runners = await ordersFor(dependencies, job, attempts);
  if (runners.length === 0) await countInVain(dependencies, event, hasEnded(job));
  return { runners };
};
