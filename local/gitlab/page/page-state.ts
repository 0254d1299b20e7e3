import type { Counts } from "../model/counts";
import type { FaultSettings, Faults } from "../model/faults";
import { type JobView, jobView } from "../model/job-view";
import { pipelineStatus } from "../model/jobs";
import { isComplete, type Pipeline, type Status } from "../model/records";
import type { World } from "../model/state";
import type { LaptopJob, LaptopStatus, Left } from "./laptop-status";

/** A job as the page shows it. */
export interface PageJob extends JobView {
  readonly laptop?: LaptopJob;
}

export interface PagePipeline {
  readonly id: number;
  readonly projectId: number;
  readonly status: Status;
  readonly createdAt: number;
  readonly jobs: readonly PageJob[];
  /** Jobs of this pipeline that are not in the list. */
  readonly hidden: number;
}

/** `GET /_/state`: everything that the page shows, bounded. */
export interface PageState {
  readonly now: number;
  readonly pipelines: readonly PagePipeline[];
  readonly waiting: number;
  readonly running: number;
  readonly ended: number;
  readonly runners: number;
  readonly hooks: Counts["hooks"];
  readonly hasHook: boolean;
  readonly faults: FaultSettings;
  readonly errorSecondsLeft: number;
  readonly left?: Left;
}

const PIPELINES_SHOWN = 12;
const JOBS_SHOWN = 60;

const showPipeline = (pipeline: Pipeline, laptopJobs: ReadonlyMap<number, LaptopJob>): PagePipeline => ({
  id: pipeline.id,
  projectId: pipeline.projectId,
  status: pipelineStatus(pipeline),
  createdAt: pipeline.createdAt,
  hidden: Math.max(0, pipeline.jobs.length - JOBS_SHOWN),
  jobs: pipeline.jobs.slice(0, JOBS_SHOWN).map((job) => {
    const laptop = laptopJobs.get(job.id);
    return { ...jobView(job), ...(laptop === undefined ? {} : { laptop }) };
  }),
});

/** The newest pipelines first, and the figures beside them. */
export const pageState = (
  world: World,
  faults: Faults,
  counts: Counts,
  laptop: LaptopStatus | undefined,
): PageState => {
  const laptopJobs = new Map(laptop?.jobs.map((job) => [job.jobId, job]));
  const newest = [...world.pipelines.values()].slice(-PIPELINES_SHOWN).reverse();
  return {
    now: world.clock.now(),
    pipelines: newest.map((pipeline) => showPipeline(pipeline, laptopJobs)),
    waiting: world.pending.size,
    running: world.active.size,
    ended: [...world.jobs.values()].filter(isComplete).length,
    runners: world.runners.size,
    hooks: counts.hooks,
    hasHook: world.hooks.size > 0,
    faults: faults.settings,
    errorSecondsLeft: faults.errorSecondsLeft(),
    ...(laptop === undefined ? {} : { left: laptop.left }),
  };
};
