import { isComplete, type Pipeline } from "./records";
import type { GitLabState } from "./state";

/** What is kept of what has ended: memory stays bounded however long the stand-in serves. */
const JOBS_KEPT = 5_000;
const TRACE_BYTES_KEPT = 64 * 1024 * 1024;

const isOver = (pipeline: Pipeline): boolean => pipeline.jobs.every(isComplete);

const forget = (state: GitLabState, pipeline: Pipeline): void => {
  state.pipelines.delete(pipeline.id);
  for (const job of pipeline.jobs) state.jobs.delete(job.id);
};

const forgetPipelines = (state: GitLabState): void => {
  for (const pipeline of state.pipelines.values()) {
    if (state.jobs.size <= JOBS_KEPT) return;
    if (isOver(pipeline)) forget(state, pipeline);
  }
};

const forgetTraces = (state: GitLabState): void => {
  let bytes = 0;
  for (const job of state.jobs.values()) bytes += job.trace.size;
  for (const job of state.jobs.values()) {
    if (bytes <= TRACE_BYTES_KEPT) return;
    if (!isComplete(job)) continue;
    bytes -= job.trace.size;
    job.trace.clear();
  }
};

/** Forgets the oldest finished pipelines and logs when there are too many. */
export const applyRetention = (state: GitLabState): void => {
  if (state.jobs.size > JOBS_KEPT) forgetPipelines(state);
  forgetTraces(state);
};
