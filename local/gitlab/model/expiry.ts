import { matches, takeBack } from "./assignment";
import { finish } from "./jobs";
import type { Job } from "./records";
import type { World } from "./state";

/** GitLab calls a runner online for two hours after its last word. */
const ONLINE_MS = 7_200_000;

const hasRunnerOnline = (world: World, job: Job): boolean => {
  const since = world.clock.now() - ONLINE_MS;
  return [...world.runners.values()].some(
    (runner) => matches(runner, job) && (runner.contactedAt ?? 0) >= since,
  );
};

const expirePending = (world: World, job: Job): void => {
  const now = world.clock.now();
  if (job.assignedAt !== undefined) {
    if (now - job.assignedAt >= world.limits.confirmationMs) takeBack(world, job);
    return;
  }
  const waited = now - (job.queuedAt ?? now);
  const isStuck = waited >= world.limits.stuckMs && !hasRunnerOnline(world, job);
  if (isStuck || waited >= world.limits.pendingMs) finish(world, job, "failed", "stuck_or_timeout_failure");
};

const expireActive = (world: World, job: Job): void => {
  const now = world.clock.now();
  const isSilent = now - (job.reportedAt ?? now) >= world.limits.silenceMs;
  const allowed = job.timeoutSeconds * 1000 + world.limits.timeoutGraceMs;
  const isOverdue = now - (job.startedAt ?? now) >= allowed;
  if (isSilent) finish(world, job, "failed", "stuck_or_timeout_failure");
  else if (isOverdue) finish(world, job, "failed", "job_execution_timeout");
};

/**
 * GitLab's time rules, looked at once a second: assignments that nobody confirmed, jobs whose runner has gone
 * silent or past its timeout, jobs that have been pending too long. They are why a pipeline ends even when its
 * runner was killed.
 */
export const expire = (world: World): void => {
  for (const job of [...world.pending]) expirePending(world, job);
  for (const job of [...world.active]) expireActive(world, job);
};
