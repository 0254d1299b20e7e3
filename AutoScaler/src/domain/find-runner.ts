import { TransientError } from "../../../Core/errors";
import type { JobEvent } from "../../../Core/job-event";
import { type Attempt, mayBecome, type Runner } from "../../../Core/ledger";
import { hasEnded } from "./close-attempt";
import { type EndOrder, type FoundRunners, type JobFacts, jobFacts } from "./end-order";
import { type StopEvent, saysDead, saysInterrupted, saysNothing } from "./stop-event";
import { whyEnd } from "./why-end";
import type { World } from "./world";

export type FindWorld = Pick<World, "ledger" | "gitLab" | "clock">;

const NONE: FoundRunners = { runners: [] };

/** In verified mode GitLab's word; in payload mode the hook's. A job that GitLab does not know proves nothing. */
const readJob = async ({ gitLab }: FindWorld, event: JobEvent): Promise<JobFacts | undefined> => {
  if (gitLab.mode === "payload") {
    const { jobId: id, projectId, status, runnerId } = event;
    return { id, projectId, status, ...(runnerId === undefined ? {} : { runnerId }) };
  }
  const job = await gitLab.job(event.projectId, event.jobId);
  return job && jobFacts(job);
};

const isDone = ({ state, recordDeletedAt }: Runner): boolean =>
  state === "GONE" && recordDeletedAt !== undefined;

/** It ran the job, or it is there for it and has no other. */
const belongsTo = (runner: Runner, job: JobFacts): boolean => {
  if (runner.runnerId === job.runnerId || runner.busyJobId === job.id) return true;
  return runner.jobId === job.id && runner.busyJobId === undefined;
};

const runnersOfJob = async (
  { ledger }: FindWorld,
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
  reason: "its job ended",
  isDead: false,
  endedJob: job,
  ...(runner.jobId === job.id ? { ownJob: job } : {}),
});

/** The runner that really ran the job, and those that were there for it. */
const afterJob = async (world: FindWorld, event: JobEvent): Promise<FoundRunners> => {
  const job = await readJob(world, event);
  if (job === undefined || !hasEnded(job)) return NONE;
  const attempts = await world.ledger.attempts(job.id);
  const runners = await runnersOfJob(world, job, attempts);
  if (runners.length > 0) return { runners: runners.map((runner) => orderFor(runner, job)) };
  const isOpen = attempts.some((attempt) => mayBecome(attempt, "ENDED"));
  return isOpen ? { runners: [{ reason: "the job ended", isDead: false, endedJob: job }] } : NONE;
};

/** Undefined: not asked, not known, or GitLab does not answer; none of these is a reason to end anything. */
const askFor = async (
  { gitLab }: FindWorld,
  projectId: number | undefined,
  jobId: number | undefined,
): Promise<JobFacts | undefined> => {
  if (projectId === undefined || jobId === undefined || gitLab.mode === "payload") return undefined;
  try {
    const job = await gitLab.job(projectId, jobId);
    return job && jobFacts(job);
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
};

const isSameJob = (runner: Runner): boolean => runner.busyJobId === runner.jobId;

const factsOf = async (
  world: FindWorld,
  runner: Runner,
): Promise<{ ownJob?: JobFacts; busyJob?: JobFacts }> => {
  // Its end is under way or done, its attempts are closed: what GitLab says of its jobs changes nothing any more.
  if (runner.state === "ENDING" || runner.state === "GONE") return {};
  const ownJob = runner.adopted ? undefined : await askFor(world, runner.order.projectId, runner.jobId);
  const busyJob =
    isSameJob(runner) && ownJob ? ownJob : await askFor(world, runner.busyProjectId, runner.busyJobId);
  return { ...(ownJob ? { ownJob } : {}), ...(busyJob ? { busyJob } : {}) };
};

/** An instance of ours whose runner is GONE: the sweep saw it alive. */
const isStray = (event: Extract<StopEvent, { kind: "runner" }>, runner: Runner): boolean =>
  runner.state === "GONE" && event.resourceId !== undefined && event.reason === STRAY;

/** The sweep's reason for an instance that outlived its runner. */
export const STRAY = "its instance is left";

const afterRunner = async (
  world: FindWorld,
  event: Extract<StopEvent, { kind: "runner" }>,
): Promise<FoundRunners> => {
  if (saysNothing(event)) return NONE;
  const runner = await (event.runnerId === undefined
    ? world.ledger.runnerByResource(event.resourceId ?? "")
    : world.ledger.runner(event.runnerId));
  if (runner === undefined) return NONE;
  const jobs = await factsOf(world, runner);
  const isDead = event.resourceId === runner.resourceId && saysDead(event);
  const isInterrupted = saysInterrupted(event);
  const reason = whyEnd({ runner, isDead, isInterrupted, ...jobs, now: world.clock.now() });
  if (reason === undefined && !isStray(event, runner)) return NONE;
  const endedJob = [jobs.busyJob, jobs.ownJob].find((job) => job !== undefined && hasEnded(job));
  const { ownJob } = jobs;
  return {
    runners: [
      {
        runnerId: runner.runnerId,
        reason: reason ?? STRAY,
        isDead,
        ...(endedJob ? { endedJob } : {}),
        ...(ownJob ? { ownJob } : {}),
      },
    ],
  };
};

/**
 * Finds which runners are to be ended. Writes nothing. Ids come from the ledger, by the runner ids that we made
 * (T-16); an instance that it does not know is nobody's.
 */
export const findRunner = (world: FindWorld, event: StopEvent): Promise<FoundRunners> =>
  event.kind === "job" ? afterJob(world, event.job) : afterRunner(world, event);
