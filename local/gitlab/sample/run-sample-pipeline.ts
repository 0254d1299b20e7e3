import { parseJobSpecs } from "../api/rest/job-specs";
import { cancel, createPipeline } from "../model/jobs";
import type { GitLabState } from "../model/state";
import { CANCEL_AFTER_MS, CANCELLED_SAMPLE_JOB, SAMPLE_JOBS, SAMPLE_PROJECT } from "./sample-pipeline";

/** Creates the sample pipeline and cancels one of its jobs before it starts. */
export const runSample = (state: GitLabState): readonly number[] => {
  const { jobs } = createPipeline(state, SAMPLE_PROJECT, parseJobSpecs(SAMPLE_JOBS));
  const cancelled = jobs.find((job) => job.spec.name === CANCELLED_SAMPLE_JOB);
  if (cancelled !== undefined) state.clock.after(CANCEL_AFTER_MS, () => cancel(state, cancelled));
  return jobs.map((job) => job.id);
};
