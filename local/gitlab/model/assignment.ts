import { randomText } from "./random";
import type { Manager, StandInJob, StandInRunner } from "./records";
import type { GitLabState } from "./state";

/** How many pending jobs GitLab looks at for one request. */
const JOBS_TRIED = 45;

const isInReach = (runner: StandInRunner, job: StandInJob): boolean =>
  runner.type !== "project_type" || runner.projectId === job.pipeline.projectId;

/** Whether GitLab would hand this job to this runner: project, tags, untagged jobs, protected refs. */
export const matches = (runner: StandInRunner, job: StandInJob): boolean =>
  isInReach(runner, job) &&
  (job.spec.tags.length > 0 || runner.runUntagged) &&
  job.spec.tags.every((tag) => runner.tags.includes(tag)) &&
  // The stand-in has no protected refs.
  runner.accessLevel === "not_protected";

/** Tells a runner that there may be something new: its held polls are answered now. */
export const notifyRunner = (state: GitLabState, runner: StandInRunner): void => {
  runner.queueValue = state.nextQueueValue();
  for (const wake of [...runner.polls]) wake();
};

/** Tells every runner that could take the job. */
export const notifyMatchingRunners = (state: GitLabState, job: StandInJob): void => {
  for (const runner of state.runners.values()) if (matches(runner, job)) notifyRunner(state, runner);
};

/** The part of a `jobs/request` body that the stand-in reads. */
export interface JobRequest {
  readonly manager: Manager;
  readonly lastUpdate?: string | undefined;
  /** Features of the runner that change what GitLab does. */
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

/** The oldest pending job that this runner may take, now assigned to it; or nothing. */
const pick = (state: GitLabState, runner: StandInRunner, request: JobRequest): JobAnswer => {
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
    : pick(state, runner, request);

/** Waits until the runner's queue changes, the time is up or the runner hangs up. */
const waitForChange = (
  state: GitLabState,
  runner: StandInRunner,
  signal: AbortSignal,
): Promise<"changed" | "same"> =>
  new Promise((resolve) => {
    const end = (outcome: "changed" | "same") => {
      runner.polls.delete(wake);
      callOff();
      signal.removeEventListener("abort", leave);
      resolve(outcome);
    };
    const leave = () => end("same");
    const wake = () => end("changed");
    const callOff = state.clock.after(state.limits.longPollMs, leave);
    runner.polls.add(wake);
    signal.addEventListener("abort", leave);
  });

/**
 * `POST /jobs/request`: any matching job to whoever asks. A request that knows the newest queue value is held,
 * as GitLab's Workhorse holds it, until that value changes.
 *
 * @param signal aborted when the runner hangs up: nothing is assigned to a runner that has left
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

/** An assignment that was never confirmed: the job is free again, and the late runner will be refused. */
export const revertAssignment = (state: GitLabState, job: StandInJob): void => {
  if (job.token !== undefined) job.staleTokens.add(job.token);
  job.runner = undefined;
  job.manager = undefined;
  job.token = undefined;
  job.assignedAt = undefined;
  notifyMatchingRunners(state, job);
  state.onChange(job);
};
