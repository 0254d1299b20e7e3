import { randomText } from "./random";
import type { Manager, StandInJob, StandInRunner } from "./records";
import type { GitLabState } from "./state";

/** Number of pending jobs that GitLab considers for one request. */
const JOBS_TRIED = 45;

const isInReach = (runner: StandInRunner, job: StandInJob): boolean =>
  runner.type !== "project_type" || runner.projectId === job.pipeline.projectId;

/** Whether GitLab would assign this job to this runner: project, tags, untagged jobs, protected refs. */
export const matches = (runner: StandInRunner, job: StandInJob): boolean =>
  isInReach(runner, job) &&
  (job.spec.tags.length > 0 || runner.runUntagged) &&
  job.spec.tags.every((tag) => runner.tags.includes(tag)) &&
  (runner.accessLevel === "not_protected" || job.pipeline.isProtected);

/** Resumes the runner's long polls, since there may be a job for it. */
export const notifyRunner = (state: GitLabState, runner: StandInRunner): void => {
  runner.queueValue = state.nextQueueValue();
  for (const wake of [...runner.polls]) wake();
};

/** Resumes the long polls of every runner that matches the job. */
export const notifyMatchingRunners = (state: GitLabState, job: StandInJob): void => {
  for (const runner of state.runners.values()) if (matches(runner, job)) notifyRunner(state, runner);
};

/** The fields of a `jobs/request` body that the stand-in uses. */
export interface JobRequest {
  readonly manager: Manager;
  readonly lastUpdate?: string | undefined;
  /** Features of the runner that change GitLab's behaviour. */
  readonly twoPhaseCommit: boolean;
  readonly cancelGracefully: boolean;
}

export type JobAnswer =
  | { readonly kind: "job"; readonly job: StandInJob }
  | { readonly kind: "none"; readonly lastUpdate: string };

const assign = (state: GitLabState, runner: StandInRunner, request: JobRequest, job: StandInJob): void => {
  job.runner = runner;
  job.manager = request.manager;
  job.token = `glcbt-local_${randomText(16)}`;
  job.assignedAt = state.clock.now();
  job.cancelGracefully = request.cancelGracefully;
  job.timeoutSeconds = Math.min(job.spec.timeoutSeconds, runner.maximumTimeout ?? Number.MAX_SAFE_INTEGER);
};

/** Assigns the oldest pending job that matches this runner. */
const assignNext = (state: GitLabState, runner: StandInRunner, request: JobRequest): JobAnswer => {
  let tried = 0;
  for (const job of state.pending) {
    if (job.runner !== undefined || !matches(runner, job)) continue;
    tried += 1;
    if (tried > JOBS_TRIED) break;
    assign(state, runner, request, job);
    return { kind: "job", job };
  }
  return { kind: "none", lastUpdate: runner.queueValue };
};

const answer = (state: GitLabState, runner: StandInRunner, request: JobRequest): JobAnswer =>
  runner.paused || runner.deleted
    ? { kind: "none", lastUpdate: runner.queueValue }
    : assignNext(state, runner, request);

/** Waits until the runner's queue changes, the long poll times out or the runner disconnects. */
const waitForChange = (
  state: GitLabState,
  runner: StandInRunner,
  signal: AbortSignal,
): Promise<"changed" | "same"> =>
  new Promise((resolve) => {
    const end = (outcome: "changed" | "same") => {
      runner.polls.delete(wake);
      cancelTimer();
      signal.removeEventListener("abort", timeOut);
      resolve(outcome);
    };
    const timeOut = () => end("same");
    const wake = () => end("changed");
    const cancelTimer = state.clock.after(state.limits.longPollMs, timeOut);
    runner.polls.add(wake);
    signal.addEventListener("abort", timeOut);
  });

/**
 * `POST /jobs/request`: assigns a matching job to the runner. A request with the current queue value waits until that
 * value changes, as in GitLab's Workhorse.
 *
 * @param signal aborted when the runner disconnects; it then gets no job
 */
export const requestJob = async (
  state: GitLabState,
  runner: StandInRunner,
  request: JobRequest,
  signal: AbortSignal,
): Promise<JobAnswer> => {
  const isUpToDate = request.lastUpdate === runner.queueValue;
  if (isUpToDate && state.limits.longPollMs > 0) {
    const outcome = await waitForChange(state, runner, signal);
    if (outcome === "same") return { kind: "none", lastUpdate: runner.queueValue };
  }
  return answer(state, runner, request);
};

/** Ends an assignment that was not confirmed: the job is free again, and a late confirmation is refused. */
export const revertAssignment = (state: GitLabState, job: StandInJob): void => {
  if (job.token !== undefined) job.staleTokens.add(job.token);
  job.runner = undefined;
  job.manager = undefined;
  job.token = undefined;
  job.assignedAt = undefined;
  notifyMatchingRunners(state, job);
  state.onChange(job);
};
