import type { Attempt, Runner, Time } from "../../../../Core/ledger";
import { UNDER_WAY_MILLISECONDS } from "../limits";
import { type NextStep, nextStep } from "../next-step";
import { jobEvent } from "../our-events";
import type { GitLabJob, Ledger } from "../ports";
import { type Finding, isRecent, type Look, lastChange } from "./look";

const MINUTE = 60_000;
const LONGEST_PAUSE = 16 * MINUTE;

/** Whether a job without a ledger item is ours, by the mapping. */
export type IsOurs = (job: GitLabJob) => Promise<boolean>;

/**
 * Each try comes as long after the one before as that came after the begin: after one minute, two, four … sixteen.
 * What fails for ever costs less and less (I-25).
 */
const isRetryDue = (begin: Time, wokenAt: Time | undefined, soonest: Time, now: Time): boolean => {
  const last = Math.max(begin, wokenAt ?? 0);
  const pause = Math.min(Math.max(soonest, last - begin), LONGEST_PAUSE);
  return now < last || now - last >= pause;
};

/** A launch that was refused is tried again after one minute, two, four … sixteen. */
const isLaunchDue = (attempt: Attempt, runner: Runner, now: Time): boolean => {
  const created = runner.times.CREATED ?? 0;
  if (runner.launchRound === 0) return isRetryDue(created, attempt.wokenAt, MINUTE, now);
  const last = attempt.wokenAt ?? created;
  const pause = Math.min(MINUTE * 2 ** (runner.launchRound - 1), LONGEST_PAUSE);
  return now < last || now - last >= pause;
};

const isClaimDue = ({ times, wokenAt }: Attempt, now: Time): boolean =>
  isRetryDue(times.CLAIMED ?? 0, wokenAt, UNDER_WAY_MILLISECONDS, now);

/** EC2's pace decides about these, not the pause (see let-go.ts). */
export const waitsForPace = (runner: Runner): boolean => runner.reason === "rate";

const spentAt = (proof: readonly (Attempt | Runner)[]): Time => Math.max(0, ...proof.map(lastChange));

const isDue = (step: NextStep, now: Time): boolean => {
  if (step.kind === "open") return !isRecent(spentAt(step.proof), now);
  if (step.kind === "take-over") return isClaimDue(step.claimed, now);
  if (step.kind === "resume")
    return !waitsForPace(step.runner) && isLaunchDue(step.attempt, step.runner, now);
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

/** Seen by the sweep before, or old by GitLab's clock: its hook should have come. */
const shouldHaveCome = (job: GitLabJob, { now, seen }: Look): boolean =>
  seen.has(pendingKey(job)) || !isRecent(job.createdAt, now);

export const pendingKey = (job: GitLabJob): string => `p${job.id}`;

/** Nobody has it yet. */
export const isUnassigned = (job: GitLabJob): boolean =>
  job.status === "pending" && job.runnerId === undefined;

const readStep = async (ledger: Ledger, jobId: number, now: Time): Promise<NextStep> => {
  const attempts = await ledger.attempts(jobId);
  const runnerId = attempts.at(-1)?.runnerId;
  return nextStep(attempts, runnerId === undefined ? undefined : await ledger.runner(runnerId), now);
};

/** A step that the look alone shows to be none: most jobs, at no further read. */
export const isClearlyMet = (look: Look, index: LookIndex, job: GitLabJob): boolean => {
  if (index.waitingJobs.has(job.id)) return true;
  const attempt = index.lastAttempt.get(job.id);
  const runner = attempt?.runnerId === undefined ? undefined : index.runners.get(attempt.runnerId);
  return (
    attempt !== undefined && runner !== undefined && nextStep([attempt], runner, look.now).kind === "nothing"
  );
};

export interface LookIndex {
  readonly lastAttempt: ReadonlyMap<number, Attempt>;
  readonly runners: ReadonlyMap<number, Runner>;
  readonly waitingJobs: ReadonlySet<number>;
}

export const indexOf = ({ attempts, runners, waiting }: Look): LookIndex => {
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
 */
export const findPending = async (
  ledger: Ledger,
  look: Look,
  job: GitLabJob,
  isOurs: IsOurs,
): Promise<Finding | undefined> => {
  const step = await readStep(ledger, job.id, look.now);
  const isNew = step.kind === "open" && step.number.attempt === 1;
  const isWanted = isNew ? shouldHaveCome(job, look) && (await isOurs(job)) : isDue(step, look.now);
  if (!isWanted) return undefined;
  const stopped = stoppedAttempt(step);
  const wakes = stopped ? { wakes: stopped } : {};
  return { kind: "pending", event: jobEvent(job, attemptOf(step)), isNew, ...wakes };
};
