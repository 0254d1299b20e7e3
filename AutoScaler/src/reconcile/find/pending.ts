import { type Attempt, lastChange, type Runner, type Time } from "../../../../Core/model/ledger";
import { isClaimDue, isLaunchDue, isNextAttemptDue } from "../../../../Core/queue/retry-schedule";
import { jobEvent } from "../../events";
import { isLimited } from "../../launch-rate/launch-rate";
import type { GitLabJob, Ledger } from "../../ports";
import { type NextStep, nextStep } from "../../start/next-step";
import { readNextStep } from "../../start/read-next-step";
import { WEBHOOK_COMES_MILLISECONDS } from "../../timing";
import { type Discrepancy, isRecent, type Snapshot } from "../snapshot";

/** Decides by the mapping whether a job without a ledger item is ours. */
export type IsOurs = (job: GitLabJob) => Promise<boolean>;

/** For these runners their provider's launch rate sets the time of the retry, not the wait between launches. */
export const waitsForLaunchRate = ({ provider, heldBy }: Runner): boolean =>
  isLimited(provider) && heldBy === "rate";

/**
 * A launch that was refused for the number of calls is dispatched from the queue. One that the snapshot's queue has not came there by an
 * exchange, after the project's last waiting job had left it, so that nobody reads the queue.
 */
const isResumeDue = (
  { attempt, runner }: Extract<NextStep, { kind: "resume" }>,
  { now, attempts, unreadQueues }: Snapshot,
): boolean => {
  const isDispatched =
    unreadQueues.has(attempt.order.projectId) || attempts.some(({ jobId }) => jobId === attempt.jobId);
  return isLaunchDue(attempt, now) && !(waitsForLaunchRate(runner) && isDispatched);
};

const isDue = (step: NextStep, snapshot: Snapshot): boolean => {
  const { now, unreadQueues } = snapshot;
  if (step.kind === "open") return isNextAttemptDue(step.proof, now);
  // The snapshot's queue has it not: it was queued a moment ago, or its queue was lost sight of. Of a queue that could
  // not be read all would be put at once, whoever is next and whatever the limits.
  if (step.kind === "claim")
    return !unreadQueues.has(step.waiting.order.projectId) && !isRecent(dispatchedLast(step.waiting), now);
  if (step.kind === "take-over") return isClaimDue(step.claimed, now);
  if (step.kind === "resume") return isResumeDue(step, snapshot);
  return step.kind === "exhausted";
};

const dispatchedLast = (waiting: Attempt): Time => Math.max(lastChange(waiting), waiting.dispatchedAt ?? 0);

const attemptOf = (step: NextStep): number | undefined => {
  if (step.kind === "open") return step.number.attempt;
  if (step.kind === "take-over") return step.claimed.attempt;
  if (step.kind === "claim") return step.waiting.attempt;
  return step.kind === "resume" ? step.attempt.attempt : undefined;
};

/** The attempt whose start stopped half-way. Its dispatch is stored on it. */
const stoppedAttempt = (step: NextStep): Attempt | undefined => {
  if (step.kind === "resume") return step.attempt;
  if (step.kind === "claim") return step.waiting;
  return step.kind === "take-over" ? step.claimed : undefined;
};

/** Since when GitLab has shown the job as pending: its servers' own measure. Old servers do not say. */
const pendingSince = ({ queuedSeconds = 0 }: GitLabJob, readAt: Time): Time => readAt - queuedSeconds * 1_000;

/** From then on its webhook counts as lost. */
export const webhookDueAt = (job: GitLabJob, { readAt }: Pick<Snapshot, "readAt">): Time =>
  pendingSince(job, readAt) + WEBHOOK_COMES_MILLISECONDS;

/** Key of a job whose attempts are used up. Later passes do not read it again (I-25). */
export const usedUpKey = (job: GitLabJob): string => `x${job.id}`;

/** True while no runner has the job. */
export const isUnassigned = (job: GitLabJob): boolean =>
  job.status === "pending" && job.runnerId === undefined;

/** True when the snapshot alone shows that nothing is missing. This saves a read for most jobs. */
export const isClearlyMet = (snapshot: Snapshot, index: SnapshotIndex, job: GitLabJob): boolean => {
  if (index.waitingJobs.has(job.id)) return true;
  const attempt = index.lastAttempt.get(job.id);
  const runner = attempt?.runnerId === undefined ? undefined : index.runners.get(attempt.runnerId);
  return (
    attempt !== undefined &&
    runner !== undefined &&
    nextStep([attempt], runner, snapshot.now).kind === "nothing"
  );
};

export interface SnapshotIndex {
  readonly lastAttempt: ReadonlyMap<number, Attempt>;
  readonly runners: ReadonlyMap<number, Runner>;
  readonly waitingJobs: ReadonlySet<number>;
}

export const indexOf = ({ attempts, runners, waiting }: Snapshot): SnapshotIndex => {
  const lastAttempt = new Map<number, Attempt>();
  for (const attempt of attempts) {
    const other = lastAttempt.get(attempt.jobId);
    if (other === undefined || other.attempt < attempt.attempt) lastAttempt.set(attempt.jobId, attempt);
  }
  return {
    lastAttempt,
    runners: new Map(runners.map((runner) => [runner.runnerId, runner])),
    waitingJobs: new Set(waiting.map(({ jobId }) => jobId)),
  };
};

/** What a pass notes of pending jobs while it looks at them. */
export interface PendingNotes {
  /** Keys of jobs that no attempt will start any more, for the next pass. */
  readonly usedUp: Set<string>;
  /** Jobs of ours whose webhook may still be on its way: the pass looks at them again at its end. */
  readonly young: Set<GitLabJob>;
}

const isMissed = async (
  snapshot: Snapshot,
  job: GitLabJob,
  isOurs: IsOurs,
  { young }: PendingNotes,
): Promise<boolean> => {
  if (!(await isOurs(job))) return false;
  const isDueNow = snapshot.now >= webhookDueAt(job, snapshot);
  if (!isDueNow) young.add(job);
  return isDueNow;
};

/**
 * What is missing for a pending job: no webhook came, its next attempt is due, or its start stopped half-way.
 * Undefined: nothing is missing, or its event may be under way.
 */
export const findPending = async (
  ledger: Ledger,
  snapshot: Snapshot,
  job: GitLabJob,
  isOurs: IsOurs,
  notes: PendingNotes,
): Promise<Discrepancy | undefined> => {
  const step = await readNextStep(ledger, { jobId: job.id, projectId: job.projectId }, () => snapshot.now);
  if (step.kind === "nothing" && step.reason === "attempts-used-up") notes.usedUp.add(usedUpKey(job));
  const isNew = step.kind === "open" && step.number.attempt === 1;
  const isWanted = isNew ? await isMissed(snapshot, job, isOurs, notes) : isDue(step, snapshot);
  if (!isWanted) return undefined;
  const stopped = stoppedAttempt(step);
  const dispatches = stopped ? { dispatches: stopped } : {};
  return { kind: "pending", event: jobEvent(job, attemptOf(step)), isNew, ...dispatches };
};
