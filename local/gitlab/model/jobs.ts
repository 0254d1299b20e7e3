import { DEFAULT_BRANCH, isProtected, refNamed } from "../repository/refs";
import { notifyMatchingRunners } from "./assignment";
import { randomText } from "./random";
import { isComplete, type JobSpec, type Pipeline, type StandInJob, type StandInJobStatus } from "./records";
import { applyRetention } from "./retention";
import type { GitLabState } from "./state";
import { JobTrace } from "./trace";

const newJob = (state: GitLabState, pipeline: Pipeline, spec: JobSpec, retriesCount: number): StandInJob => {
  const job: StandInJob = {
    id: state.nextId("job"),
    pipeline,
    spec,
    retriesCount,
    createdAt: state.clock.now(),
    trace: new JobTrace(),
    artifacts: [],
    status: "created",
    staleTokens: new Set(),
    cancelGracefully: false,
    timeoutSeconds: spec.timeoutSeconds,
    retried: false,
  };
  pipeline.jobs.push(job);
  state.jobs.set(job.id, job);
  changed(state, job);
  return job;
};

/** The statuses for which GitLab sends a job webhook. */
const WEBHOOK_STATUSES: readonly StandInJobStatus[] = [
  "created",
  "pending",
  "running",
  "success",
  "failed",
  "canceled",
];

const changed = (state: GitLabState, job: StandInJob): void => {
  if (WEBHOOK_STATUSES.includes(job.status)) state.onWebhookDue(job);
  state.onChange(job);
};

const queue = (state: GitLabState, job: StandInJob): void => {
  job.status = "pending";
  job.queuedAt = state.clock.now();
  state.pending.add(job);
  changed(state, job);
  notifyMatchingRunners(state, job);
};

const isUnfinished = (job: StandInJob): boolean => !isComplete(job) && job.status !== "manual";

const blocksNextStages = (job: StandInJob): boolean =>
  !job.spec.allowFailure && (job.status === "failed" || job.status === "canceled");

const enterStage = (state: GitLabState, job: StandInJob, hasFailed: boolean): void => {
  const wanted = { on_success: !hasFailed, on_failure: hasFailed, always: true, manual: !hasFailed };
  const isWanted = wanted[job.spec.when];
  if (isWanted && job.spec.when !== "manual") {
    queue(state, job);
    return;
  }
  job.status = isWanted ? "manual" : "skipped";
  changed(state, job);
};

const isNeeded = ({ spec }: StandInJob, needs: readonly string[]): boolean =>
  needs.includes(spec.name) || (spec.parallelOf !== undefined && needs.includes(spec.parallelOf));

/** Enters the jobs that state what they need, as soon as that has ended. @returns whether one was entered */
const enterNeeding = (state: GitLabState, pipeline: Pipeline): boolean => {
  const current = pipeline.jobs.filter((job) => !job.retried);
  const ready = current.filter(({ status, spec: { needs } }) => {
    if (status !== "created" || needs === undefined) return false;
    return !current.some((other) => isNeeded(other, needs) && isUnfinished(other));
  });
  for (const job of ready) {
    const needed = current.filter((other) => isNeeded(other, job.spec.needs ?? []));
    enterStage(
      state,
      job,
      needed.some((other) => blocksNextStages(other) || other.status === "skipped"),
    );
  }
  return ready.length > 0;
};

/** Starts the next stages whose preceding jobs have ended, and the jobs whose needs have. */
export const advance = (state: GitLabState, pipeline: Pipeline): void => {
  if (pipeline.jobs.some(({ spec }) => spec.needs !== undefined)) while (enterNeeding(state, pipeline));
  const before: StandInJob[] = [];
  for (const stage of pipeline.stages) {
    if (before.some(isUnfinished)) return;
    const jobs = pipeline.jobs.filter((job) => job.spec.stage === stage && !job.retried);
    const hasFailed = before.some(blocksNextStages);
    const entered = jobs.filter((job) => job.status === "created" && job.spec.needs === undefined);
    for (const job of entered) enterStage(state, job, hasFailed);
    before.push(...jobs);
  }
};

/** Creates a pipeline. Its jobs are `created`; those of the first stage become `pending` at once. */
export const createPipeline = (
  state: GitLabState,
  projectId: number,
  specs: readonly JobSpec[],
  refName = DEFAULT_BRANCH,
): Pipeline => {
  const ref = refNamed(state, projectId, refName);
  const pipeline: Pipeline = {
    id: state.nextId("pipeline"),
    iid: state.pipelines.size + 1,
    projectId,
    projectPath: state.paths.projectPath(projectId),
    createdAt: state.clock.now(),
    sha: randomText(20),
    ref,
    isProtected: isProtected(state, projectId, ref),
    stages: [...new Set(specs.map((spec) => spec.stage))],
    jobs: [],
  };
  state.projects.add(projectId);
  state.pipelines.set(pipeline.id, pipeline);
  for (const spec of specs) newJob(state, pipeline, spec, 0);
  advance(state, pipeline);
  return pipeline;
};

/** Starts an assigned job: as it is handed out, or when its runner confirms it (two-phase commit). */
export const start = (state: GitLabState, job: StandInJob): void => {
  state.pending.delete(job);
  state.active.add(job);
  job.status = "running";
  job.startedAt = state.clock.now();
  job.reportedAt = job.startedAt;
  changed(state, job);
};

/** `retry:` of the pipeline's configuration names the reason, and there are tries left. */
const asksForRetry = ({ status, failureReason = "", retriesCount, spec }: StandInJob): boolean =>
  status === "failed" &&
  retriesCount < spec.retry.max &&
  (spec.retry.when.includes("always") || spec.retry.when.includes(failureReason));

/** Ends a job. A job that is being cancelled ends as `canceled`, whatever its runner reports. */
export const finish = (
  state: GitLabState,
  job: StandInJob,
  status: "success" | "failed" | "canceled",
  failureReason?: string,
): void => {
  if (isComplete(job)) return;
  state.pending.delete(job);
  state.active.delete(job);
  const isCanceled = job.status === "canceling" || status === "canceled";
  job.status = isCanceled ? "canceled" : status;
  job.failureReason = job.status === "failed" ? (failureReason ?? "unknown_failure") : undefined;
  job.finishedAt = state.clock.now();
  changed(state, job);
  if (asksForRetry(job)) retry(state, job);
  advance(state, job.pipeline);
  applyRetention(state);
};

/**
 * Cancels a job. A job that is not running, also an assigned one, is `canceled` at once. A running job is `canceling`
 * until its runner has run `after_script`, if the runner supports that.
 *
 * @param force also ends a job that is already `canceling`
 * @returns false when there is nothing to cancel
 */
export const cancel = (state: GitLabState, job: StandInJob, force = false): boolean => {
  if (isComplete(job)) return false;
  const isGraceful = job.status === "running" && job.cancelGracefully && !force;
  if (job.status === "canceling" && !force) return true;
  if (!isGraceful) {
    finish(state, job, "canceled");
    return true;
  }
  job.status = "canceling";
  changed(state, job);
  return true;
};

/** Creates a new job with the same specification. Undefined when this job has not ended or was retried before. */
export const retry = (state: GitLabState, job: StandInJob): StandInJob | undefined => {
  const canRetry = isComplete(job) && job.status !== "skipped" && !job.retried;
  if (!canRetry) return undefined;
  job.retried = true;
  const again = newJob(state, job.pipeline, job.spec, job.retriesCount + 1);
  queue(state, again);
  return again;
};

/** Starts a `when: manual` job. */
export const play = (state: GitLabState, job: StandInJob): boolean => {
  if (job.status !== "manual") return false;
  queue(state, job);
  return true;
};

/** Derives a pipeline's status from its jobs. */
export const pipelineStatus = (pipeline: Pipeline): StandInJobStatus => {
  const jobs = pipeline.jobs.filter((job) => !job.retried);
  const has = (...statuses: StandInJobStatus[]) => jobs.some((job) => statuses.includes(job.status));
  const isUnderWay = has("pending", "created") && has("success", "failed", "canceled");
  if (has("running", "canceling") || isUnderWay) return "running";
  if (has("pending")) return "pending";
  if (has("created")) return "created";
  if (jobs.some((job) => job.status === "failed" && !job.spec.allowFailure)) return "failed";
  if (has("canceled")) return "canceled";
  if (has("success", "failed")) return "success";
  return has("manual") ? "manual" : "skipped";
};
