import type { Runner, Time } from "../../../Core/ledger";
import { hasEnded, isTaken } from "./close-attempt";
import type { JobFacts } from "./end-order";
import {
  EC2_BOOT_SECONDS,
  FORCE_AFTER_MILLISECONDS,
  LAMBDA_QUEUE_SECONDS,
  LAUNCH_PATIENCE_SECONDS,
  LIFETIME_MARGIN_SECONDS,
  WAIT_MARGIN_SECONDS,
} from "./limits";

export interface EndFacts {
  readonly runner: Runner;
  readonly isDead: boolean;
  /** EC2 announced that it will take the instance back. */
  readonly isInterrupted?: boolean;
  /** The job that the runner is there for; absent: unknown. */
  readonly ownJob?: JobFacts;
  /** The job that it is known to run; absent: unknown, or none. */
  readonly busyJob?: JobFacts;
  readonly now: Time;
}

/** After this no attempt follows: it has waited long enough for all of them. */
export const NO_CARRIER = "no carrier took it";

const seconds = (number: number): number => number * 1000;

/** When the carrier was launched, or else the record made. */
const begin = ({ times }: Runner): Time => times.LAUNCHED ?? times.CREATED ?? times.STARTING ?? 0;

/** Neither carrier nor job: it has not begun to live. */
const isUnlaunched = ({ state, resourceId }: Runner): boolean =>
  state === "STARTING" && resourceId === undefined;

/** Past its lifetime and some time for its own end: it goes whatever its job does (I-3, I-23). */
export const isOverdue = (runner: Runner, now: Time): boolean =>
  !isUnlaunched(runner) &&
  now > begin(runner) + seconds(runner.order.runnerClass.lifetimeSeconds + LIFETIME_MARGIN_SECONDS);

/** From launch to the latest moment at which a runner without a job leaves by itself. */
export const patienceSeconds = (runner: Runner): number =>
  (runner.carrier === "EC2" ? EC2_BOOT_SECONDS : LAMBDA_QUEUE_SECONDS) +
  runner.order.runnerClass.waitTimeoutSeconds +
  WAIT_MARGIN_SECONDS;

const launchedAt = ({ times, resourceId }: Runner): Time | undefined =>
  resourceId === undefined ? undefined : (times.LAUNCHED ?? times.CREATED);

/** STARTING, and its time to find a job is over; or no carrier took it. */
export const hasWaitedTooLong = (runner: Runner, now: Time): boolean => {
  const launched = launchedAt(runner);
  return launched === undefined
    ? now > begin(runner) + seconds(LAUNCH_PATIENCE_SECONDS)
    : now > launched + seconds(patienceSeconds(runner));
};

const isElsewhere = (runner: Runner, job: JobFacts): boolean =>
  job.runnerId !== undefined && job.runnerId !== runner.runnerId && isTaken(job);

const isHere = (runner: Runner, job: JobFacts | undefined): boolean =>
  job !== undefined && job.runnerId === runner.runnerId && isTaken(job);

const whyEndStarting = ({ runner, ownJob, isInterrupted, now }: EndFacts): string | undefined => {
  if (isHere(runner, ownJob)) return undefined;
  if (ownJob !== undefined && hasEnded(ownJob)) return "its job ended";
  if (ownJob !== undefined && isElsewhere(runner, ownJob)) return "its job runs on another runner";
  if (isInterrupted) return "its instance is taken back";
  if (!hasWaitedTooLong(runner, now)) return undefined;
  return launchedAt(runner) === undefined ? NO_CARRIER : "no job came to it";
};

/** Assigned and taken away again: paused as it is, no other job can come to it. */
const wasLost = (runner: Runner, job: JobFacts): boolean =>
  runner.pausedAt !== undefined &&
  ((job.status === "pending" && job.runnerId === undefined) || isElsewhere(runner, job));

/**
 * Its one job has ended, GitLab said so, and has let its end wait for half an hour since: it goes without another word
 * of GitLab's (I-20). No negative answer is part of this.
 */
export const isEndForced = ({ busyJobId, endedJobId, endRequestedAt }: Runner, now: Time): boolean =>
  endedJobId !== undefined &&
  endedJobId === busyJobId &&
  endRequestedAt !== undefined &&
  now - endRequestedAt >= FORCE_AFTER_MILLISECONDS;

const whyEndBusy = ({ runner, busyJob, now }: EndFacts): string | undefined => {
  if (busyJob === undefined) return isEndForced(runner, now) ? "its job ended" : undefined;
  if (hasEnded(busyJob)) return "its job ended";
  return wasLost(runner, busyJob) ? "its job was given to another runner" : undefined;
};

/**
 * Pure: why a runner is to be ended, or undefined. Whoever asks for an end only hints; this decides, on what
 * GitLab and AWS say now. What is unknown is no reason (F-53).
 */
export const whyEnd = (facts: EndFacts): string | undefined => {
  const { runner, isDead, now } = facts;
  if (runner.state === "GONE") return runner.recordDeletedAt === undefined ? "its record is left" : undefined;
  if (runner.state === "ENDING") return runner.reason ?? "its end is under way";
  if (isDead) return "its instance is gone";
  if (runner.adopted && runner.state === "STARTING") return "nobody knows it";
  if (isOverdue(runner, now)) return "past its lifetime";
  return runner.state === "STARTING" ? whyEndStarting(facts) : whyEndBusy(facts);
};
