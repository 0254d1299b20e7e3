import { matches, revertAssignment } from "./assignment";
import { finish } from "./jobs";
import type { StandInJob } from "./records";
import type { GitLabState } from "./state";

/** GitLab shows a runner as online for two hours after its last contact. */
const ONLINE_MS = 7_200_000;

const hasRunnerOnline = (state: GitLabState, job: StandInJob): boolean => {
  const since = state.clock.now() - ONLINE_MS;
  return [...state.runners.values()].some(
    (runner) => matches(runner, job) && (runner.contactedAt ?? 0) >= since,
  );
};

const expirePending = (state: GitLabState, job: StandInJob): void => {
  const now = state.clock.now();
  if (job.assignedAt !== undefined) {
    if (now - job.assignedAt >= state.limits.confirmationMs) revertAssignment(state, job);
    return;
  }
  const waited = now - (job.queuedAt ?? now);
  const isStuck = waited >= state.limits.stuckMs && !hasRunnerOnline(state, job);
  if (isStuck || waited >= state.limits.pendingMs) finish(state, job, "failed", "stuck_or_timeout_failure");
};

const expireActive = (state: GitLabState, job: StandInJob): void => {
  const now = state.clock.now();
  const isSilent = now - (job.reportedAt ?? now) >= state.limits.silenceMs;
  const allowed = job.timeoutSeconds * 1000 + state.limits.timeoutGraceMs;
  const isOverdue = now - (job.startedAt ?? now) >= allowed;
  if (isSilent) finish(state, job, "failed", "stuck_or_timeout_failure");
  else if (isOverdue) finish(state, job, "failed", "job_execution_timeout");
};

/**
 * Applies GitLab's time limits; called once a second. They end assignments that were not confirmed, jobs whose runner
 * is silent or over its time-out, and jobs that have been pending too long. So a pipeline ends even when its runner was
 * killed.
 */
export const expire = (state: GitLabState): void => {
  for (const job of [...state.pending]) expirePending(state, job);
  for (const job of [...state.active]) expireActive(state, job);
};
