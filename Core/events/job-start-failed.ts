import { FAILURE_REMEDIES, FAILURE_WORDS } from "../model/reason-words";
import type { AttemptFailureCode } from "../model/reasons";
import { type BusEntry, busEntry } from "./bus-entry";
import { unquoted } from "./unquoted";

/** A start of a job that came to nothing. */
export interface FailedStart {
  readonly jobId: number;
  readonly projectId: number;
  readonly attempt: number;
  readonly reason: AttemptFailureCode;
  /** No further attempt follows by itself. */
  readonly isFinal: boolean;
}

/** The section that says what to look at. */
export const RUNBOOK = "docs/runbook.md#jobs-without-a-runner";

const remedyOf = ({ jobId, reason, isFinal }: FailedStart): string => {
  const remedy = FAILURE_REMEDIES[reason] ?? `npx runners why ${jobId} tells more`;
  const again = isFinal && reason !== "bad-tags";
  return again ? `${remedy}. When that is put right: npx runners start ${jobId} --again` : remedy;
};

/**
 * A job's start failed. Our own words alone: what GitLab or AWS said is in the ledger, since it may name things that are
 * nobody else's business.
 */
export const jobStartFailedEvent = (deploymentId: string, failed: FailedStart): BusEntry =>
  busEntry(deploymentId, "JobStartFailed", {
    ...failed,
    text: unquoted(FAILURE_WORDS[failed.reason]),
    remedy: unquoted(remedyOf(failed)),
    runbook: RUNBOOK,
  });
