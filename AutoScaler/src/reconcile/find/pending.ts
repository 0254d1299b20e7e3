import type { Attempt, Runner, Time } from "../../../../Core/model/ledger";
import { isClaimDue, isLaunchDue, isNextAttemptDue } from "../../../../Core/queue/retry-schedule";
import { jobEvent } from "../../events";
import type { GitLabJob, Ledger } from "../../ports";
import { type NextStep, nextStep } from "../../start/next-step";
import { readNextStep } from "../../start/read-next-step";
import { type Discrepancy, isRecent, type Snapshot } from "../snapshot";

/** Whether a job without a ledger item is ours, by the mapping. */
export type IsOurs = (job: GitLabJob) => Promise<boolean>;

/** EC2's launch rate decides about these, not the pause (see dispatch-queued.ts). */
export const waitsForLaunchRate = ({ provider, heldBy }: Runner): boolean =>
  provider === "EC2" && heldBy === "rate";

const isDue = (step: NextStep, now: Time): boolean => {
  if (step.kind === "open") return isNextAttemptDue(step.proof, now);
  if (step.kind === "take-over") return isClaimDue(step.claimed, now);
  if (step.kind === "resume") return !waitsForLaunchRate(step.runner) && isLaunchDue(step.attempt, now);
  return step.kind === "exhausted";
};

const attemptOf = (step: NextStep): number | undefined => {
  if (step.kind === "open") return step.number.attempt;
  if (step.kind === "take-over") return step.claimed.attempt;
  return step.kind === "resume" ? step.attempt.attempt : undefined;
};

/** The attempt whose start stopped half-way; that its event goes out is noted on it. */
const stoppedAttempt = (step: NextStep): Attempt | undefined => {
  if (step.kind === "resume") return step.attempt;
  return step.kind === "take-over" ? step.claimed : undefined;
};

/** Seen by the pass before, or old by GitLab's clock: its webhook should have come. */
const shouldHaveCome = (job: GitLabJob, { now, seen }: Snapshot): boolean =>
  seen.has(pendingKey(job)) || !isRecent(job.createdAt, now);

export const pendingKey = (job: GitLabJob): string => `p${job.id}`;

/** The ledger shows that nothing will ever start it: no pass reads it again (I-25). */
export const usedUpKey = (job: GitLabJob): string => `x${job.id}`;

/** Nobody has it yet. */
export const isUnassigned = (job: GitLabJob): boolean =>
  job.status === "pending" && job.runnerId === undefined;

/** A step that the snapshot alone shows to be none: most jobs, at no further read. */
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

/**
 * What a pending job lacks: nobody told of it, its next attempt is due, or its start stopped half-way. Undefined:
 * nothing, or its event may be under way.
 *
 * @param usedUp takes the keys of jobs that nothing will ever start
 */
export const findPending = async (
  ledger: Ledger,
  snapshot: Snapshot,
  job: GitLabJob,
  isOurs: IsOurs,
  usedUp: Set<string>,
): Promise<Discrepancy | undefined> => {
  const step = await readNextStep(ledger, { jobId: job.id, projectId: job.projectId }, () => snapshot.now);
  if (step.kind === "nothing" && step.reason === "attempts-used-up") usedUp.add(usedUpKey(job));
  const isNew = step.kind === "open" && step.number.attempt === 1;
  const isWanted = isNew ? shouldHaveCome(job, snapshot) && (await isOurs(job)) : isDue(step, snapshot.now);
  if (!isWanted) return undefined;
  const stopped = stoppedAttempt(step);
  const dispatches = stopped ? { dispatches: stopped } : {};
  return { kind: "pending", event: jobEvent(job, attemptOf(step)), isNew, ...dispatches };
};
