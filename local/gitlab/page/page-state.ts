import { defined } from "../../../Core/defined";
import type { GitLabCounts } from "../model/counts";
import type { FaultSettings, GitLabFaults } from "../model/faults";
import { type JobView, jobView } from "../model/job-view";
import { pipelineStatus } from "../model/jobs";
import { isComplete, type Pipeline, type StandInJobStatus } from "../model/records";
import type { GitLabState } from "../model/state";
import type {
  AccountStatus,
  DashboardView,
  LaptopJob,
  LaptopStatus,
  MappingLine,
  RemainingResources,
} from "./laptop-status";

/** A job on the page. */
export interface PageJob extends JobView {
  readonly laptop?: LaptopJob;
}

export interface PagePipeline {
  readonly id: number;
  readonly projectId: number;
  readonly status: StandInJobStatus;
  readonly createdAt: number;
  readonly jobs: readonly PageJob[];
  /** Number of jobs of this pipeline that are not listed. */
  readonly hidden: number;
}

/** The answer of `GET /_/state`: the content of the page, limited in size. */
export interface PageState {
  readonly now: number;
  readonly pipelines: readonly PagePipeline[];
  readonly waiting: number;
  readonly running: number;
  readonly ended: number;
  readonly runners: number;
  readonly webhooks: GitLabCounts["webhooks"];
  readonly hasWebhook: boolean;
  readonly faults: FaultSettings;
  readonly errorSecondsLeft: number;
  readonly remaining?: RemainingResources;
  readonly account?: AccountStatus;
  readonly mapping?: readonly MappingLine[];
  readonly dashboard?: DashboardView;
  /** In USD, of the jobs whose cost is known. */
  readonly cost: number;
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
    return { ...jobView(job), ...defined({ laptop }) };
  }),
});

/** Builds the content of the page, newest pipelines first. */
export const pageState = (
  state: GitLabState,
  faults: GitLabFaults,
  counts: GitLabCounts,
  laptop: LaptopStatus | undefined,
): PageState => {
  const laptopJobs = new Map(laptop?.jobs.map((job) => [job.jobId, job]));
  const newest = [...state.pipelines.values()].slice(-PIPELINES_SHOWN).reverse();
  return {
    now: state.clock.now(),
    pipelines: newest.map((pipeline) => showPipeline(pipeline, laptopJobs)),
    waiting: state.pending.size,
    running: state.active.size,
    ended: [...state.jobs.values()].filter(isComplete).length,
    runners: state.runners.size,
    webhooks: counts.webhooks,
    hasWebhook: state.webhooks.size > 0,
    faults: faults.settings,
    errorSecondsLeft: faults.errorSecondsLeft(),
    cost: laptop?.jobs.reduce((sum, { cost = 0 }) => sum + cost, 0) ?? 0,
    ...defined({
      remaining: laptop?.remaining,
      account: laptop?.account,
      mapping: laptop?.mapping,
      dashboard: laptop?.dashboard,
    }),
  };
};
