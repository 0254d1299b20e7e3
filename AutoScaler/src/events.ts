import { defined } from "../../Core/defined";
import type { StopCode } from "../../Core/model/reasons";
import type { RunnerOrder } from "../../Core/model/runner-order";
import type { GitLabJob, OurEvent } from "./ports";

/** A job's event as the reconciler puts it: the API's word. */
export const jobEvent = (job: GitLabJob, attempt?: number): OurEvent => ({
  detailType: "GitLabJobEvent",
  job,
  ...defined({ attempt }),
});

/** The `pending` event of a job that the ledger holds an order for. A hint: the look-up asks GitLab again. */
export const pendingEvent = (order: RunnerOrder, attempt: number): OurEvent =>
  jobEvent(
    {
      id: order.jobId,
      projectId: order.projectId,
      name: order.jobName,
      status: "pending",
      tags: order.tags,
      createdAt: order.queuedAt,
    },
    attempt,
  );

export const runnerEnded = (runnerId: number, reason: StopCode): OurEvent => ({
  detailType: "RunnerEnded",
  runnerId,
  reason,
});
