import { defined } from "../../Core/defined";
import type { StopCode } from "../../Core/model/reasons";
import type { RunnerOrder } from "../../Core/model/runner-order";
import type { GitLabJob, OurEvent } from "./ports";

/** The event that the reconciler puts for a job, with the job's state from GitLab's API. */
export const jobEvent = (job: GitLabJob, attempt?: number): OurEvent => ({
  detailType: "GitLabJobEvent",
  job,
  ...defined({ attempt }),
});

/** The `pending` event of a job whose order is in the ledger. It is a hint: the look-up asks GitLab again. */
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
