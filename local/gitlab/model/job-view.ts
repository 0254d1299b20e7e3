import { defined } from "../../../Core/defined";
import type { StandInJob, StandInJobStatus } from "./records";
import { lastLines } from "./trace";

const LINES_SHOWN = 8;

/** A job for display on the terminal and the page, and for tests. Times in milliseconds since 1970. */
export interface JobView {
  readonly id: number;
  readonly projectId: number;
  readonly pipelineId: number;
  readonly name: string;
  readonly stage: string;
  readonly tags: readonly string[];
  readonly status: StandInJobStatus;
  readonly allowFailure: boolean;
  readonly script: readonly string[];
  readonly image?: string;
  readonly services: readonly string[];
  readonly needs?: readonly string[];
  readonly failureReason?: string;
  readonly createdAt: number;
  readonly queuedAt?: number;
  /** When it was assigned to a runner, confirmed or not. */
  readonly assignedAt?: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly runnerId?: number;
  readonly retried: boolean;
  /** Plain text without colours and control characters. */
  readonly lastLines: readonly string[];
}

/** A cache by the log's size, so that a log is read again only after it has grown. */
const shownLines = new WeakMap<StandInJob, { readonly size: number; readonly lines: readonly string[] }>();

const linesOf = (job: StandInJob): readonly string[] => {
  const shown = shownLines.get(job);
  if (shown?.size === job.trace.size) return shown.lines;
  const lines = lastLines(job.trace, LINES_SHOWN);
  shownLines.set(job, { size: job.trace.size, lines });
  return lines;
};

export const jobView = (job: StandInJob): JobView => ({
  id: job.id,
  projectId: job.pipeline.projectId,
  pipelineId: job.pipeline.id,
  name: job.spec.name,
  stage: job.spec.stage,
  tags: job.spec.tags,
  status: job.status,
  allowFailure: job.spec.allowFailure,
  script: job.spec.script,
  services: job.spec.services,
  createdAt: job.createdAt,
  retried: job.retried,
  lastLines: linesOf(job),
  ...defined({
    image: job.spec.image,
    needs: job.spec.needs,
    failureReason: job.failureReason,
    queuedAt: job.queuedAt,
    assignedAt: job.assignedAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    runnerId: job.runner?.id,
  }),
});
