import { announce } from "./assignment";
import { randomText } from "./random";
import { isComplete, type Job, type JobSpec, type Pipeline, type Status } from "./records";
import { trim } from "./retention";
import type { World } from "./state";
import { Trace } from "./trace";

const newJob = (world: World, pipeline: Pipeline, spec: JobSpec, retriesCount: number): Job => {
  const job: Job = {
    id: world.nextId("job"),
    pipeline,
    spec,
    retriesCount,
    createdAt: world.clock.now(),
    trace: new Trace(),
    artifacts: [],
    status: "created",
    staleTokens: new Set(),
    cancelGracefully: false,
    timeoutSeconds: spec.timeoutSeconds,
    retried: false,
  };
  pipeline.jobs.push(job);
  world.jobs.set(job.id, job);
  changed(world, job);
  return job;
};

/** Statuses at which GitLab sends a job hook; the others pass in silence. */
const SENT: readonly Status[] = ["created", "pending", "running", "success", "failed", "canceled"];

const changed = (world: World, job: Job): void => {
  if (SENT.includes(job.status)) world.onHook(job);
  world.onChange(job);
};

const queue = (world: World, job: Job): void => {
  job.status = "pending";
  job.queuedAt = world.clock.now();
  world.pending.add(job);
  changed(world, job);
  announce(world, job);
};

const isInTheWay = (job: Job): boolean => !isComplete(job) && job.status !== "manual";

const spoils = (job: Job): boolean =>
  !job.spec.allowFailure && (job.status === "failed" || job.status === "canceled");

const release = (world: World, job: Job, isSpoilt: boolean): void => {
  const wanted = { on_success: !isSpoilt, on_failure: isSpoilt, always: true, manual: !isSpoilt };
  const isWanted = wanted[job.spec.when];
  if (isWanted && job.spec.when !== "manual") {
    queue(world, job);
    return;
  }
  job.status = isWanted ? "manual" : "skipped";
  changed(world, job);
};

/** Lets the next stages begin, as far as the jobs before them have ended. */
export const advance = (world: World, pipeline: Pipeline): void => {
  const before: Job[] = [];
  for (const stage of pipeline.stages) {
    if (before.some(isInTheWay)) return;
    const jobs = pipeline.jobs.filter((job) => job.spec.stage === stage && !job.retried);
    const isSpoilt = before.some(spoils);
    for (const job of jobs) if (job.status === "created") release(world, job, isSpoilt);
    before.push(...jobs);
  }
};

/** Creates a pipeline: each job is `created`, those of the first stage are `pending` at once. */
export const createPipeline = (world: World, projectId: number, specs: readonly JobSpec[]): Pipeline => {
  const pipeline: Pipeline = {
    id: world.nextId("pipeline"),
    iid: world.pipelines.size + 1,
    projectId,
    createdAt: world.clock.now(),
    sha: randomText(20),
    stages: [...new Set(specs.map((spec) => spec.stage))],
    jobs: [],
  };
  world.projects.add(projectId);
  world.pipelines.set(pipeline.id, pipeline);
  for (const spec of specs) newJob(world, pipeline, spec, 0);
  advance(world, pipeline);
  return pipeline;
};

/** The second phase: the runner has the job and begins. */
export const start = (world: World, job: Job): void => {
  world.pending.delete(job);
  world.active.add(job);
  job.status = "running";
  job.startedAt = world.clock.now();
  job.reportedAt = job.startedAt;
  changed(world, job);
};

/** The end, whatever it is. A job that is being cancelled ends as `canceled`, whatever its runner says. */
export const finish = (
  world: World,
  job: Job,
  status: "success" | "failed" | "canceled",
  failureReason?: string,
): void => {
  if (isComplete(job)) return;
  world.pending.delete(job);
  world.active.delete(job);
  const isCanceled = job.status === "canceling" || status === "canceled";
  job.status = isCanceled ? "canceled" : status;
  job.failureReason = job.status === "failed" ? (failureReason ?? "unknown_failure") : undefined;
  job.finishedAt = world.clock.now();
  changed(world, job);
  advance(world, job.pipeline);
  trim(world);
};

/**
 * Cancels: a job that does not run is canceled at once, also when it is assigned. One that runs is `canceling`
 * until its runner has run `after_script`, when the runner can do that.
 *
 * @param force ends a job that is canceling already
 * @returns false when there is nothing to cancel
 */
export const cancel = (world: World, job: Job, force = false): boolean => {
  if (isComplete(job)) return false;
  const isGraceful = job.status === "running" && job.cancelGracefully && !force;
  if (job.status === "canceling" && !force) return true;
  if (!isGraceful) {
    finish(world, job, "canceled");
    return true;
  }
  job.status = "canceling";
  changed(world, job);
  return true;
};

/** A new job with the same words. Undefined: this one has not ended, or has been retried before. */
export const retry = (world: World, job: Job): Job | undefined => {
  const canRetry = isComplete(job) && job.status !== "skipped" && !job.retried;
  if (!canRetry) return undefined;
  job.retried = true;
  const again = newJob(world, job.pipeline, job.spec, job.retriesCount + 1);
  queue(world, again);
  return again;
};

/** Starts a `when: manual` job. */
export const play = (world: World, job: Job): boolean => {
  if (job.status !== "manual") return false;
  queue(world, job);
  return true;
};

/** A pipeline's status from those of its jobs. */
export const pipelineStatus = (pipeline: Pipeline): Status => {
  const jobs = pipeline.jobs.filter((job) => !job.retried);
  const has = (...statuses: Status[]) => jobs.some((job) => statuses.includes(job.status));
  const isUnderWay = has("pending", "created") && has("success", "failed", "canceled");
  if (has("running", "canceling") || isUnderWay) return "running";
  if (has("pending")) return "pending";
  if (has("created")) return "created";
  if (jobs.some((job) => job.status === "failed" && !job.spec.allowFailure)) return "failed";
  if (has("canceled")) return "canceled";
  if (has("success", "failed")) return "success";
  return has("manual") ? "manual" : "skipped";
};
