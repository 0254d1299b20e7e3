import { isComplete, type Pipeline } from "./records";
import type { World } from "./state";

/** What is kept of what has ended: memory stays bounded however long the stand-in serves. */
const JOBS_KEPT = 5_000;
const TRACE_BYTES_KEPT = 64 * 1024 * 1024;

const isOver = (pipeline: Pipeline): boolean => pipeline.jobs.every(isComplete);

const forget = (world: World, pipeline: Pipeline): void => {
  world.pipelines.delete(pipeline.id);
  for (const job of pipeline.jobs) world.jobs.delete(job.id);
};

const forgetPipelines = (world: World): void => {
  for (const pipeline of world.pipelines.values()) {
    if (world.jobs.size <= JOBS_KEPT) return;
    if (isOver(pipeline)) forget(world, pipeline);
  }
};

const forgetTraces = (world: World): void => {
  let bytes = 0;
  for (const job of world.jobs.values()) bytes += job.trace.size;
  for (const job of world.jobs.values()) {
    if (bytes <= TRACE_BYTES_KEPT) return;
    if (!isComplete(job)) continue;
    bytes -= job.trace.size;
    job.trace.clear();
  }
};

/** Forgets the oldest finished pipelines and logs when there are too many. */
export const trim = (world: World): void => {
  if (world.jobs.size > JOBS_KEPT) forgetPipelines(world);
  forgetTraces(world);
};
