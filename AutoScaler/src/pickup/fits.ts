import type { RunnerOrder } from "../../../Core/model/runner-order";

/**
 * Whether GitLab may hand a job to the runner that was made for another order: same project (runners are locked
 * to one), the runner's tags contain the job's, and an untagged job needs an untagged runner. A runner for protected refs takes no
 * other job; the other way round GitLab allows it, and we do not: a protected job keeps to a runner of its own.
 */
export const fits = (runner: RunnerOrder, job: RunnerOrder): boolean => {
  const hasAllTags = job.tags.every((tag) => runner.tags.includes(tag));
  const takesUntagged = job.tags.length > 0 || runner.tags.length === 0;
  const isAsProtected = (runner.onProtectedRef ?? false) === (job.onProtectedRef ?? false);
  return runner.projectId === job.projectId && hasAllTags && takesUntagged && isAsProtected;
};
