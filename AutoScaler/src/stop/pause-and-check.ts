import type { Runner, Time } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { hasEnded } from "../ledger/close-attempt";
import type { GitLabJob } from "../ports";
import { PAUSE_SETTLES_MILLISECONDS } from "../timing";
import type { EndOrder, JobFacts } from "./end-order";
import { isOverdue } from "./termination-reason";

type PauseDependencies = Pick<Dependencies, "gitLab" | "clock">;

/** It ran its one job to the end. If it was paused all the time, it can have no other job. */
const hasRunIts = (runner: Runner, job: JobFacts | undefined): boolean =>
  job !== undefined && runner.busyJobId === job.id && job.startedAt !== undefined && hasEnded(job);

/** These ends need no check: checked before, dead, overdue, or paused with its one job ended. */
export const needsNoCheck = (runner: Runner, order: EndOrder, now: Time): boolean => {
  if (runner.state === "ENDING" || order.isDead || isOverdue(runner, now)) return true;
  return runner.pausedAt !== undefined && hasRunIts(runner, order.endedJob);
};

export type Occupancy =
  /** `isForced`: GitLab did not answer, so the runner could not be paused. */
  { readonly kind: "free"; readonly isForced?: true } | { readonly kind: "busy"; readonly job: GitLabJob };

/**
 * Pauses the runner, then checks its jobs. A runner that never ran its own job may have a request for a job
 * under way, so the check waits ten seconds. It also shows assigned jobs (trace 1).
 */
export const pauseAndCheck = async (
  dependencies: PauseDependencies,
  runner: Runner,
  order: EndOrder,
): Promise<Occupancy> => {
  const { gitLab, clock } = dependencies;
  if ((await gitLab.pauseRunner(runner.runnerId)) === "deleted") return { kind: "free" };
  if (!hasRunIts(runner, order.endedJob)) await clock.sleep(PAUSE_SETTLES_MILLISECONDS);
  const jobs = await gitLab.runnerJobs(runner.runnerId);
  const job = jobs.find((one) => !hasEnded(one));
  return job === undefined ? { kind: "free" } : { kind: "busy", job };
};
