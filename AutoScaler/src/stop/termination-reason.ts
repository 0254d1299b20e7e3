import type { Runner, StartedRunner, Time } from "../../../Core/model/ledger";
import type { InstanceDeathCode, InterruptionCode, RunnerEndCode } from "../../../Core/model/reasons";
import { hasEnded, isTaken } from "../ledger/close-attempt";
import {
  BOOT_SECONDS,
  EC2_INSTALL_SECONDS,
  FORCE_AFTER_MILLISECONDS,
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
import { causeOfDeath, mayBeLost } from "./unasked-end";

export interface EndFacts {
  readonly runner: Runner;
  /** How the instance died. Absent: it may be alive. */
  readonly death?: InstanceDeathCode;
  /** EC2 announced that it will reclaim the instance, or may do so. */
  readonly interruption?: InterruptionCode;
  /** EC2 has announced earlier that it takes the spot instance back. */
  readonly hadNotice?: boolean;
  /** The job that the runner was started for. Absent: unknown. */
  readonly ownJob?: JobFacts;
  /** The job that the runner runs, as far as known. Absent: none, or unknown. */
  readonly busyJob?: JobFacts;
  /** GitLab's record of the runner. Absent: not asked, or no answer. */
  readonly record?: RecordFacts;
  readonly now: Time;
}

const seconds = (number: number): number => number * 1000;

/** When the provider was launched, or else when the record was created. */
const begin = ({ times }: Runner): Time => times.LAUNCHED ?? times.CREATED ?? times.STARTING ?? 0;

/** STARTING, and no provider has launched it yet. */
const isUnlaunched = ({ state, resourceId }: Runner): boolean =>
  state === "STARTING" && resourceId === undefined;

/** The class of an orphan is unknown, so it has a fixed lifetime. */
const lifetimeSeconds = ({ order }: Runner): number =>
  order?.runnerClass.lifetimeSeconds ?? ORPHAN_LIFETIME_SECONDS;

/** Past its lifetime and the margin for its own end: it is ended even if its job runs (I-3, I-23). */
export const isOverdue = (runner: Runner, now: Time): boolean =>
  !isUnlaunched(runner) && now > begin(runner) + seconds(lifetimeSeconds(runner) + LIFETIME_MARGIN_SECONDS);

/** Seconds from launch to the latest time at which a runner without a job ends itself. */
export const timeoutSeconds = (runner: StartedRunner): number =>
  BOOT_SECONDS[runner.provider] +
  (runner.provider === "EC2" ? EC2_INSTALL_SECONDS : 0) +
  runner.order.runnerClass.waitTimeoutSeconds +
  WAIT_MARGIN_SECONDS;

const launchedAt = ({ times, resourceId }: Runner): Time | undefined =>
  resourceId === undefined ? undefined : (times.LAUNCHED ?? times.CREATED);

/** A STARTING runner has waited longer than it may for a job, or for a provider to launch it. */
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

/** Why a runner ends after its job: GitLab shows whether the job ever had a runner. */
export const endOfJob = ({ status, runnerId }: JobFacts): RunnerEndCode =>
  status === "canceled" && runnerId === undefined ? "job-canceled-before-pick-up" : "job-ended";

const isSilent = ({ runner, record, now }: EndFacts): boolean => isSilentAfterReport(runner, record, now);

/** Launched, but it has no job and will get none. */
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

/** The job was assigned to the runner and taken away again. A paused runner gets no other job. */
const wasLost = (runner: Runner, job: JobFacts): boolean =>
  runner.pausedAt !== undefined &&
  ((job.status === "pending" && job.runnerId === undefined) || isElsewhere(runner, job));

/**
 * GitLab confirmed the end of its one job, but has kept its end waiting for half an hour. The runner is then
 * ended without a further answer from GitLab (I-20). No negative answer leads here.
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
 * Why the instance died. It powers itself off after its job, or when its job needs it no more: an end that was asked
 * for. A runner's job that failed may have been taken along.
 */
const terminationOfDead = (facts: EndFacts, death: InstanceDeathCode): RunnerEndCode => {
  const { runner, ownJob, busyJob, hadNotice = false, now } = facts;
  const cause = causeOfDeath({ runner, hadNotice, now }, death);
  const job = busyJob ?? (runner.state === "STARTING" ? ownJob : undefined);
  if (job === undefined) return cause;
  if (hasEnded(job)) return mayBeLost(job) ? cause : endOfJob(job);
  return runner.state === "STARTING" && isElsewhere(runner, job) ? "no-longer-needed" : cause;
};

/**
 * Why a runner is to be ended; undefined: it is not. A pure function. A request to end a runner is only a
 * hint: the current state in GitLab and AWS decides. An unknown state is no reason (F-53).
 */
export const terminationReason = (facts: EndFacts): RunnerEndCode | undefined => {
  const { runner, death, now } = facts;
  if (runner.state === "GONE") return runner.recordDeletedAt === undefined ? "record-remaining" : undefined;
  if (runner.state === "ENDING") return runner.reason ?? "end-under-way";
  if (death !== undefined) return terminationOfDead(facts, death);
  if (isOverdue(runner, now)) return "lifetime-reached";
  return runner.state === "STARTING" ? terminationOfStarting(facts) : terminationOfBusy(facts);
};
