import { randomText } from "./random";
import type { Job, Manager, RunnerRecord } from "./records";
import type { World } from "./state";

/** How many pending jobs GitLab looks at for one request. */
const JOBS_TRIED = 45;

const isInReach = (runner: RunnerRecord, job: Job): boolean =>
  runner.type !== "project_type" || runner.projectId === job.pipeline.projectId;

/** Whether GitLab would hand this job to this runner: project, tags, untagged jobs, protected refs. */
export const matches = (runner: RunnerRecord, job: Job): boolean =>
  isInReach(runner, job) &&
  (job.spec.tags.length > 0 || runner.runUntagged) &&
  job.spec.tags.every((tag) => runner.tags.includes(tag)) &&
  // The stand-in has no protected refs.
  runner.accessLevel === "not_protected";

/** Tells a runner that there may be something new: its held polls are answered now. */
export const tick = (world: World, runner: RunnerRecord): void => {
  runner.queueValue = world.nextQueueValue();
  for (const wake of [...runner.polls]) wake();
};

/** Tells every runner that could take the job. */
export const announce = (world: World, job: Job): void => {
  for (const runner of world.runners.values()) if (matches(runner, job)) tick(world, runner);
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
  | { readonly kind: "job"; readonly job: Job }
  | { readonly kind: "none"; readonly lastUpdate: string };

const assign = (world: World, runner: RunnerRecord, request: JobRequest, job: Job): void => {
  job.runner = runner;
  job.manager = request.manager;
  job.token = `glcbt-local_${randomText(16)}`;
  job.assignedAt = world.clock.now();
  job.cancelGracefully = request.cancelGracefully;
  job.timeoutSeconds = Math.min(job.spec.timeoutSeconds, runner.maximumTimeout ?? Number.MAX_SAFE_INTEGER);
};

/** The oldest pending job that this runner may take, now assigned to it; or nothing. */
const pick = (world: World, runner: RunnerRecord, request: JobRequest): JobAnswer => {
  let tried = 0;
  for (const job of world.pending) {
    if (job.runner !== undefined || !matches(runner, job)) continue;
    tried += 1;
    if (tried > JOBS_TRIED) break;
    assign(world, runner, request, job);
    return { kind: "job", job };
  }
  return { kind: "none", lastUpdate: runner.queueValue };
};

const answer = (world: World, runner: RunnerRecord, request: JobRequest): JobAnswer =>
  runner.paused || runner.deleted
    ? { kind: "none", lastUpdate: runner.queueValue }
    : pick(world, runner, request);

/** Waits until the runner's queue changes, the time is up or the runner hangs up. */
const hold = (world: World, runner: RunnerRecord, signal: AbortSignal): Promise<"changed" | "same"> =>
  new Promise((resolve) => {
    const end = (outcome: "changed" | "same") => {
      runner.polls.delete(wake);
      callOff();
      signal.removeEventListener("abort", leave);
      resolve(outcome);
    };
    const leave = () => end("same");
    const wake = () => end("changed");
    const callOff = world.clock.after(world.limits.longPollMs, leave);
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
  world: World,
  runner: RunnerRecord,
  request: JobRequest,
  signal: AbortSignal,
): Promise<JobAnswer> => {
  const isUpToDate = request.lastUpdate === runner.queueValue;
  if (isUpToDate && world.limits.longPollMs > 0) {
    const outcome = await hold(world, runner, signal);
    if (outcome === "same") return { kind: "none", lastUpdate: runner.queueValue };
  }
  return answer(world, runner, request);
};

/** An assignment that was never confirmed: the job is free again, and the late runner will be refused. */
export const takeBack = (world: World, job: Job): void => {
  if (job.token !== undefined) job.staleTokens.add(job.token);
  job.runner = undefined;
  job.manager = undefined;
  job.token = undefined;
  job.assignedAt = undefined;
  announce(world, job);
  world.onChange(job);
};
