import type { Runner, StartedRunner, Time } from "../../../Core/model/ledger";
import type { InstanceDeathCode, InterruptionCode, RunnerEndCode } from "../../../Core/model/reasons";
import { hasEnded, isTaken } from "../ledger/close-attempt";
import {
  EC2_BOOT_SECONDS,
  FORCE_AFTER_MILLISECONDS,
  LAMBDA_QUEUE_SECONDS,
  LAUNCH_TIMEOUT_SECONDS,
  LIFETIME_MARGIN_SECONDS,
  ORPHAN_LIFETIME_SECONDS,
  WAIT_MARGIN_SECONDS,
} from "../timing";
import type { JobFacts } from "./end-order";
import {
  isSilentAfterReport,
  isUndelivered,
  neverContacted,
  type RecordFacts,
  whyNoJob,
} from "./report/silence";

export interface EndFacts {
  readonly runner: Runner;
  /** How its instance died. Absent: it may be alive. */
  readonly death?: InstanceDeathCode;
  /** EC2 announced that it will take the instance back, or may. */
  readonly interruption?: InterruptionCode;
  /** The job that the runner is there for; absent: unknown. */
  readonly ownJob?: JobFacts;
  /** The job that it is known to run; absent: unknown, or none. */
  readonly busyJob?: JobFacts;
  /** GitLab's record of the runner; absent: not asked, or no answer. */
  readonly record?: RecordFacts;
  readonly now: Time;
}

const seconds = (number: number): number => number * 1000;

/** When the provider was launched, or else the record made. */
const begin = ({ times }: Runner): Time => times.LAUNCHED ?? times.CREATED ?? times.STARTING ?? 0;

/** Neither provider nor job: it has not begun to live. */
const isUnlaunched = ({ state, resourceId }: Runner): boolean =>
  state === "STARTING" && resourceId === undefined;

/** Which class an orphan was made for is not known. */
const lifetimeSeconds = ({ order }: Runner): number =>
  order?.runnerClass.lifetimeSeconds ?? ORPHAN_LIFETIME_SECONDS;

/** Past its lifetime and some time for its own end: it goes whatever its job does (I-3, I-23). */
export const isOverdue = (runner: Runner, now: Time): boolean =>
  !isUnlaunched(runner) && now > begin(runner) + seconds(lifetimeSeconds(runner) + LIFETIME_MARGIN_SECONDS);

/** From launch to the latest moment at which a runner without a job leaves by itself. */
export const timeoutSeconds = (runner: StartedRunner): number =>
  (runner.provider === "EC2" ? EC2_BOOT_SECONDS : LAMBDA_QUEUE_SECONDS) +
  runner.order.runnerClass.waitTimeoutSeconds +
  WAIT_MARGIN_SECONDS;

const launchedAt = ({ times, resourceId }: Runner): Time | undefined =>
  resourceId === undefined ? undefined : (times.LAUNCHED ?? times.CREATED);

/** STARTING, and its time to find a job is over; or no provider took it. */
export const hasWaitedTooLong = (runner: StartedRunner, now: Time): boolean => {
  const launched = launchedAt(runner);
  return launched === undefined
    ? now > begin(runner) + seconds(LAUNCH_TIMEOUT_SECONDS)
    : now > launched + seconds(timeoutSeconds(runner));
};

const isElsewhere = (runner: Runner, job: JobFacts): boolean =>
  job.runnerId !== undefined && job.runnerId !== runner.runnerId && isTaken(job);

const isHere = (runner: Runner, job: JobFacts | undefined): boolean =>
  job !== undefined && job.runnerId === runner.runnerId && isTaken(job);

/** A runner's end after its job's: whether any runner ever had the job is GitLab's word. */
export const endOfJob = ({ status, runnerId }: JobFacts): RunnerEndCode =>
  status === "canceled" && runnerId === undefined ? "job-canceled-before-pick-up" : "job-ended";

const isSilent = ({ runner, record, now }: EndFacts): boolean => isSilentAfterReport(runner, record, now);

/** Launched, and it has no job and will get none. */
const terminationOfJobless = (
  facts: EndFacts & { readonly runner: StartedRunner },
): RunnerEndCode | undefined => {
  const { runner, record, now } = facts;
  const isLost = isSilent(facts) || (isUndelivered(runner, now) && neverContacted(record));
  if (isLost) return whyNoJob(runner, record);
  if (!hasWaitedTooLong(runner, now)) return undefined;
  return launchedAt(runner) === undefined ? "never-started" : whyNoJob(runner, record);
};

const terminationOfStarting = (facts: EndFacts): RunnerEndCode | undefined => {
  const { runner, ownJob, interruption } = facts;
  if (runner.adopted) return "orphan-adopted";
  if (isHere(runner, ownJob)) return isSilent(facts) ? "runner-crashed" : undefined;
  if (ownJob !== undefined && hasEnded(ownJob)) return endOfJob(ownJob);
  if (ownJob !== undefined && isElsewhere(runner, ownJob)) return "no-longer-needed";
  if (interruption !== undefined) return interruption;
  return terminationOfJobless({ ...facts, runner });
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

const terminationOfBusy = (facts: EndFacts): RunnerEndCode | undefined => {
  const { runner, busyJob, now } = facts;
  if (busyJob === undefined ? isEndForced(runner, now) : hasEnded(busyJob)) return "job-ended";
  if (busyJob !== undefined && wasLost(runner, busyJob)) return "job-reassigned";
  return isSilent(facts) ? "runner-crashed" : undefined;
};

/**
 * Pure: why a runner is to be ended, or undefined. Whoever asks for an end only hints; this decides, on what
 * GitLab and AWS say now. What is unknown is no reason (F-53).
 */
export const terminationReason = (facts: EndFacts): RunnerEndCode | undefined => {
  const { runner, death, now } = facts;
  if (runner.state === "GONE") return runner.recordDeletedAt === undefined ? "record-remaining" : undefined;
  if (runner.state === "ENDING") return runner.reason ?? "end-under-way";
  if (death !== undefined) return death;
  if (isOverdue(runner, now)) return "lifetime-reached";
  return runner.state === "STARTING" ? terminationOfStarting(facts) : terminationOfBusy(facts);
};
