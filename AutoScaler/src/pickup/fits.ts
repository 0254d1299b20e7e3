import type { RunnerOrder } from "../../../Core/model/runner-order";

/**
 * Whether GitLab may hand a job to the runner that was made for another order: same project (runners are locked
 * to one), the runner's tags contain the job's, and an untagged job needs an untagged runner.
 */
export const fits = (runner: RunnerOrder, job: RunnerOrder): boolean => {
  const hasAllTags = job.tags.every((tag) => runner.tags.includes(tag));
  const takesUntagged = job.tags.length > 0 || runner.tags.length === 0;
  return runner.projectId === job.projectId && hasAllTags && takesUntagged;
};
