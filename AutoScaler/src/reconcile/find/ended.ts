import { type Attempt, jobOf, type Time } from "../../../../Core/model/ledger";
import { jobEvent } from "../../events";
import { hasEnded, isTaken } from "../../ledger/close-attempt";
import type { GitLabJob } from "../../ports";
import { LATER_WEBHOOK_COMES_MILLISECONDS } from "../../timing";
import type { JobReader } from "../read/job-reader";
import { type Discrepancy, isRecent, isWithin, lastChange, type Snapshot } from "../snapshot";

/** What became of a job that is in no list. */
export type Missing =
  | { readonly kind: "found"; readonly discrepancy: Discrepancy }
  /** GitLab has not known the job for a day: its attempt is closed. */
  | { readonly kind: "deleted"; readonly attempt: Attempt }
  | { readonly kind: "nothing" };

const DAY = 24 * 3_600_000;
/** When a project's list is incomplete, its jobs are asked for one by one only after this time. */
const LONG_LIST_MILLISECONDS = 5 * 60_000;
const NOTHING: Missing = { kind: "nothing" };

const isOld = (attempt: Attempt, now: Time): boolean => now - lastChange(attempt) > DAY;

/** A queued job that another runner took needs its pick-up stored, or its attempt would wait forever. */
const eventOf = (attempt: Attempt, job: GitLabJob): Missing => {
  if (hasEnded(job)) return { kind: "found", discrepancy: { kind: "ended", event: jobEvent(job) } };
  const isStranded = attempt.state === "WAITING" && isTaken(job) && job.status === "running";
  return isStranded ? { kind: "found", discrepancy: { kind: "running", event: jobEvent(job) } } : NOTHING;
};

/** Finds the missing end of an attempt. Only GitLab's own answer about the job counts as its end (F-53). */
export const findEnded = async (
  snapshot: Snapshot,
  attempt: Attempt,
  readJob: JobReader,
): Promise<Missing> => {
  const isBusyElsewhere =
    isWithin(LATER_WEBHOOK_COMES_MILLISECONDS, lastChange(attempt), snapshot.now) ||
    isRecent(attempt.dispatchedAt, snapshot.now);
  if (snapshot.jobs.has(attempt.jobId) || isBusyElsewhere) return NOTHING;
  const { projectId } = jobOf(attempt);
  const isInLongList = snapshot.partial.has(projectId);
  if (isInLongList && snapshot.now - lastChange(attempt) < LONG_LIST_MILLISECONDS) return NOTHING;
  const word = await readJob(projectId, attempt.jobId);
  if (word.kind === "absent" && isOld(attempt, snapshot.now)) return { kind: "deleted", attempt };
  return word.kind === "known" ? eventOf(attempt, word.job) : NOTHING;
};
