import { defined } from "../../../Core/defined";
import { TransientError } from "../../../Core/errors";
import type { JobEvent } from "../../../Core/model/job-event";
import { type Attempt, mayBecome, type OrphanInstance, type Runner } from "../../../Core/model/ledger";
import type { InstanceDeathCode } from "../../../Core/model/reasons";
import type { Dependencies } from "../dependencies";
import { hasEnded } from "../ledger/close-attempt";
import { askDeath, deathIn } from "../ledger/instance-death";
import { ORPHAN_LIFETIME_SECONDS } from "../timing";
import { type EndOrder, type FoundRunners, type JobFacts, jobFacts } from "./end-order";
import { deathOf, interruptionOf, type StopEvent, saysNothing } from "./stop-event";
import { endOfJob, terminationReason } from "./termination-reason";

export type FindDependencies = Pick<Dependencies, "ledger" | "gitLab" | "instances" | "clock">;

const NONE: FoundRunners = { runners: [] };

/** In verified mode GitLab's word; in payload mode the webhook's. A job that GitLab does not know proves nothing. */
const readJob = async ({ gitLab }: FindDependencies, event: JobEvent): Promise<JobFacts | undefined> => {
  if (gitLab.mode === "payload") {
    const { jobId: id, projectId, status, runnerId } = event;
    return { id, projectId, status, ...defined({ runnerId }) };
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

/** The runner that really ran the job, and those that were there for it. */
const afterJob = async (dependencies: FindDependencies, event: JobEvent): Promise<FoundRunners> => {
  const job = await readJob(dependencies, event);
  if (job === undefined || !hasEnded(job)) return NONE;
  const attempts = await dependencies.ledger.attempts(job.id);
  const runners = await runnersOfJob(dependencies, job, attempts);
  if (runners.length > 0) return { runners: runners.map((runner) => orderFor(runner, job)) };
  const isOpen = attempts.some((attempt) => mayBecome(attempt, "ENDED"));
  return isOpen ? { runners: [{ reason: endOfJob(job), isDead: false, endedJob: job }] } : NONE;
};

/** Undefined: not asked, not known, or GitLab does not answer; none of these is a reason to end anything. */
const askFor = async (
  { gitLab }: FindDependencies,
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
  dependencies: FindDependencies,
  runner: Runner,
): Promise<{ ownJob?: JobFacts; busyJob?: JobFacts }> => {
  // Its end is under way or done, its attempts are closed: what GitLab says of its jobs changes nothing any more.
  if (runner.state === "ENDING" || runner.state === "GONE") return {};
  const ownJob = runner.adopted
    ? undefined
    : await askFor(dependencies, runner.order.projectId, runner.jobId);
  const busyJob =
    isSameJob(runner) && ownJob ? ownJob : await askFor(dependencies, runner.busyProjectId, runner.busyJobId);
  return { ...(ownJob ? { ownJob } : {}), ...(busyJob ? { busyJob } : {}) };
};

type AskedEnd = Extract<StopEvent, { kind: "runner" }>;

/** An instance of ours whose runner is GONE: the reconciler saw it alive. */
const outlivesRunner = (event: AskedEnd, runner: Runner): boolean =>
  runner.state === "GONE" && event.resourceId !== undefined && event.reason === "instance-remaining";

/**
 * Whoever may put events may say that an instance is dead. Only EC2 knows: a runner is ended without a look at its
 * jobs after EC2 itself said so.
 */
const confirmedDeath = async (
  { instances, clock }: FindDependencies,
  event: AskedEnd,
  runner: Runner,
): Promise<InstanceDeathCode | undefined> =>
  event.resourceId === runner.resourceId && deathOf(event) !== undefined
    ? askDeath(runner, instances, clock.now())
    : undefined;

const endRunner = async (
  dependencies: FindDependencies,
  event: AskedEnd,
  runner: Runner,
): Promise<FoundRunners> => {
  const jobs = await factsOf(dependencies, runner);
  const death = await confirmedDeath(dependencies, event, runner);
  const interruption = interruptionOf(event);
  const facts = { ...(death ? { death } : {}), ...(interruption ? { interruption } : {}), ...jobs };
  const due = terminationReason({ runner, ...facts, now: dependencies.clock.now() });
  const reason = due ?? (outlivesRunner(event, runner) ? "instance-remaining" : undefined);
  if (reason === undefined) return NONE;
  const endedJob = [jobs.busyJob, jobs.ownJob].find((job) => job !== undefined && hasEnded(job));
  const { ownJob } = jobs;
  return {
    runners: [
      {
        runnerId: runner.runnerId,
        reason,
        isDead: death !== undefined,
        ...(endedJob ? { endedJob } : {}),
        ...(ownJob ? { ownJob } : {}),
      },
    ],
  };
};

const ORPHAN_LIFETIME_MILLISECONDS = ORPHAN_LIFETIME_SECONDS * 1000;

/** It was seen before: an orphan that EC2 does not show any more is gone. */
const isOver = async ({ instances }: FindDependencies, { resourceId }: OrphanInstance): Promise<boolean> => {
  const shown = await instances.describe(resourceId);
  return shown === undefined || deathIn(shown.state) !== undefined;
};

/**
 * An orphan belongs to no runner that the ledger knows, so no job of ours can be on it. Without AccessToken nothing is
 * ended before its own end: there it is left a day.
 */
const endOrphan = async (
  dependencies: FindDependencies,
  event: AskedEnd,
  orphan: OrphanInstance,
): Promise<FoundRunners> => {
  if (orphan.state === "GONE" && event.reason !== "instance-remaining") return NONE;
  const isDead = deathOf(event) !== undefined && (await isOver(dependencies, orphan));
  const age = dependencies.clock.now() - (orphan.times.FOUND ?? 0);
  const isLeft = dependencies.gitLab.mode === "payload" && !isDead && age < ORPHAN_LIFETIME_MILLISECONDS;
  return isLeft ? NONE : { runners: [{ orphanId: orphan.resourceId, reason: "orphan-adopted", isDead }] };
};

const afterRunner = async (dependencies: FindDependencies, event: AskedEnd): Promise<FoundRunners> => {
  if (saysNothing(event)) return NONE;
  const found = await (event.runnerId === undefined
    ? dependencies.ledger.byResource(event.resourceId ?? "")
    : dependencies.ledger.runner(event.runnerId));
  if (found === undefined) return NONE;
  return found.kind === "orphan"
    ? endOrphan(dependencies, event, found)
    : endRunner(dependencies, event, found);
};

/**
 * Finds which runners are to be ended. Writes nothing. Ids come from the ledger, by the runner ids that we made
 * (T-16); an instance that it does not know is nobody's.
 */
export const findRunner = (dependencies: FindDependencies, event: StopEvent): Promise<FoundRunners> =>
  event.kind === "job" ? afterJob(dependencies, event.job) : afterRunner(dependencies, event);
