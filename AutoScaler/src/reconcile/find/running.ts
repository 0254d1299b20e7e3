import type { Runner } from "../../../../Core/model/ledger";
import { jobEvent } from "../../events";
import type { GitLabJob } from "../../ports";
import { LATER_WEBHOOK_COMES_MILLISECONDS } from "../../timing";
import { type Discrepancy, isWithin, type Snapshot } from "../snapshot";
import type { SnapshotIndex } from "./pending";

export const runningKey = (job: GitLabJob): string => `r${job.id}`;

const isStored = (runner: Runner, job: GitLabJob): boolean => {
  if (runner.state === "ENDING" || runner.state === "GONE") return true;
  return runner.busyJobId === job.id && runner.pausedAt !== undefined;
};

/** True for a pick-up that the ledger lacks: a job of our runner, or our job on another runner. */
const isMissed = ({ runners, lastAttempt, waitingJobs }: SnapshotIndex, job: GitLabJob): boolean => {
  if (job.runnerId === undefined) return false;
  const runner = runners.get(job.runnerId);
  if (runner !== undefined) return !isStored(runner, job);
  const attempt = lastAttempt.get(job.id);
  return waitingJobs.has(job.id) || (attempt !== undefined && attempt.state !== "RUNNING");
};

/** The `running` event of a job whose webhook should have come. */
export const findRunning = (
  snapshot: Snapshot,
  index: SnapshotIndex,
  job: GitLabJob,
): Discrepancy | undefined => {
  if (job.status !== "running" || !isMissed(index, job)) return undefined;
  const shouldHaveCome =
    snapshot.seen.has(runningKey(job)) ||
    !isWithin(LATER_WEBHOOK_COMES_MILLISECONDS, job.startedAt, snapshot.now);
  return shouldHaveCome ? { kind: "running", event: jobEvent(job) } : undefined;
};
