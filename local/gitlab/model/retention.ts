import { isComplete, type Pipeline } from "./records";
import type { GitLabState } from "./state";

/** Limits of the stored data, so that memory stays bounded. */
const JOBS_KEPT = 5_000;
const TRACE_BYTES_KEPT = 64 * 1024 * 1024;

const isOver = (pipeline: Pipeline): boolean => pipeline.jobs.every(isComplete);

const remove = (state: GitLabState, pipeline: Pipeline): void => {
  state.pipelines.delete(pipeline.id);
  for (const job of pipeline.jobs) state.jobs.delete(job.id);
};

const removePipelines = (state: GitLabState): void => {
  for (const pipeline of state.pipelines.values()) {
    if (state.jobs.size <= JOBS_KEPT) return;
    if (isOver(pipeline)) remove(state, pipeline);
  }
};

const clearTraces = (state: GitLabState): void => {
  let bytes = 0;
  for (const job of state.jobs.values()) bytes += job.trace.size;
  for (const job of state.jobs.values()) {
    if (bytes <= TRACE_BYTES_KEPT) return;
    if (!isComplete(job)) continue;
    bytes -= job.trace.size;
    job.trace.clear();
  }
};

/** Removes the oldest finished pipelines and logs beyond the limits. */
export const applyRetention = (state: GitLabState): void => {
  if (state.jobs.size > JOBS_KEPT) removePipelines(state);
  clearTraces(state);
};
