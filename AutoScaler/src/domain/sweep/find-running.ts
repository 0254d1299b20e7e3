import type { Runner } from "../../../../Core/ledger";
import { jobEvent } from "../our-events";
import type { GitLabJob } from "../ports";
import type { SnapshotIndex } from "./find-pending";
import { type Discrepancy, isRecent, type Snapshot } from "./look";

export const runningKey = (job: GitLabJob): string => `r${job.id}`;

const isNoted = (runner: Runner, job: GitLabJob): boolean => {
  if (runner.state === "ENDING" || runner.state === "GONE") return true;
  return runner.busyJobId === job.id && runner.pausedAt !== undefined;
};

/** A pick-up that the ledger does not show: by one of our runners, or of one of our jobs by another's. */
const isMissed = ({ runners, lastAttempt, waitingJobs }: SnapshotIndex, job: GitLabJob): boolean => {
  if (job.runnerId === undefined) return false;
  const runner = runners.get(job.runnerId);
  if (runner !== undefined) return !isNoted(runner, job);
  const attempt = lastAttempt.get(job.id);
  return waitingJobs.has(job.id) || (attempt !== undefined && attempt.state !== "RUNNING");
};

/** The `running` event that should have come for a job. */
export const findRunning = (
  look: Snapshot,
  index: SnapshotIndex,
  job: GitLabJob,
): Discrepancy | undefined => {
  if (job.status !== "running" || !isMissed(index, job)) return undefined;
  const shouldHaveCome = look.seen.has(runningKey(job)) || !isRecent(job.startedAt, look.now);
  return shouldHaveCome ? { kind: "running", event: jobEvent(job) } : undefined;
};
