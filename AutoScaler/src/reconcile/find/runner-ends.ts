import { defined } from "../../../../Core/defined";
import { isLeased, type Runner, type Time } from "../../../../Core/model/ledger";
import type { InstanceDeathCode, StopCode } from "../../../../Core/model/reasons";
import { jobEvent } from "../../events";
import { hasEnded } from "../../ledger/close-attempt";
import { findDeath as deathOf } from "../../ledger/instance-death";
import type { GitLab, GitLabJob, Instances } from "../../ports";
import { jobFacts } from "../../stop/end-order";
import { isReported, isUndelivered } from "../../stop/report/silence";
import { terminationReason } from "../../stop/termination-reason";
import { LOOK_AGAIN_MILLISECONDS, MAX_LOOKS } from "../../timing";
import type { Budget } from "../budget";
import type { JobReader, JobWord } from "../read/job-reader";
import { type Discrepancy, isRecent, lastChange, type Snapshot } from "../snapshot";

/**
 * When a runner without a job of its own is asked what it does: by one pass or two, not by each. One that never gets
 * a job is asked in vain (I-25), and a foreign job that runs longer shows in its project's list.
 */
const ASK_AFTER_MILLISECONDS = 60_000;
const ASK_UNTIL_MILLISECONDS = 150_000;

const isUnderWay = (runner: Runner, now: Time): boolean =>
  isLeased(runner, now) || isRecent(lastChange(runner), now) || isRecent(runner.endRequestedAt, now);

const jobOf = (word: JobWord): GitLabJob | undefined => (word.kind === "known" ? word.job : undefined);

/** How EC2 says that the instance is over. */
export const findDeath = (
  runner: Runner,
  { instances: shown, now }: Snapshot,
  instances: Instances,
): Promise<InstanceDeathCode | undefined> => deathOf(runner, shown, instances, now);

export interface RunnerEndDependencies {
  readonly gitLab: GitLab;
  readonly instances: Instances;
  readonly readJob: JobReader;
  readonly listCalls: Budget;
}

const ended = (runner: Runner, reason: StopCode): Discrepancy => ({
  kind: "runner-ended",
  event: {
    detailType: "RunnerEnded",
    runnerId: runner.runnerId,
    ...defined({ resourceId: runner.resourceId }),
    reason,
  },
});

/** Somebody else's job may have taken it, and the webhook is lost or never came (P-1). */
const findForeignJob = async (
  { gitLab, listCalls }: RunnerEndDependencies,
  runner: Runner,
  own: GitLabJob | undefined,
  now: Time,
): Promise<Discrepancy | undefined> => {
  const idle = now - lastChange(runner);
  const isInTime = idle > ASK_AFTER_MILLISECONDS && idle < ASK_UNTIL_MILLISECONDS;
  const isAlone = runner.state === "STARTING" && runner.resourceId !== undefined && own?.status === "pending";
  if (!isInTime || !isAlone) return undefined;
  if (gitLab.mode === "payload" || !listCalls.take()) return undefined;
  const jobs = await gitLab.runnerJobs(runner.runnerId);
  const job = jobs.find((one) => one.id !== runner.jobId && one.startedAt !== undefined);
  if (job === undefined) return undefined;
  return { kind: hasEnded(job) ? "ended" : "running", event: jobEvent(job) };
};

/** A report of its end was followed, and nothing came of it: the execution died, or the runner had just moved. */
const isLookDue = (runner: Runner, now: Time): boolean =>
  runner.endReport !== undefined &&
  isReported(runner) &&
  runner.endReport.looks < MAX_LOOKS &&
  now - runner.endReport.at > LOOK_AGAIN_MILLISECONDS;

/** Lambda keeps no start longer. Whether one came of it is what GitLab's record shows to who looks for the end. */
const mayBeDropped = (runner: Runner, own: GitLabJob | undefined, now: Time): boolean =>
  isUndelivered(runner, now) && own?.status === "pending" && own.runnerId !== runner.runnerId;

/** Why an open runner is to be ended, or whose job it took; undefined: nothing, or its event may be under way. */
export const findRunnerEnd = async (
  dependencies: RunnerEndDependencies,
  snapshot: Snapshot,
  runner: Runner,
): Promise<Discrepancy | undefined> => {
  const { now } = snapshot;
  if (isUnderWay(runner, now)) return undefined;
  const ownJob = jobOf(await dependencies.readJob(runner.order?.projectId, runner.jobId));
  const busyJob = jobOf(await dependencies.readJob(runner.busyProjectId, runner.busyJobId));
  const death = await findDeath(runner, snapshot, dependencies.instances);
  const facts = {
    ...(death ? { death } : {}),
    ...(ownJob ? { ownJob: jobFacts(ownJob) } : {}),
    ...(busyJob ? { busyJob: jobFacts(busyJob) } : {}),
  };
  const reason = terminationReason({ runner, ...facts, now });
  if (reason !== undefined) return ended(runner, death ?? reason);
  if (isLookDue(runner, now)) return ended(runner, "invocation-ended");
  const isVerified = dependencies.gitLab.mode === "verified";
  if (isVerified && mayBeDropped(runner, ownJob, now)) return ended(runner, "never-contacted");
  // Its end is being looked at, which shows a foreign job too.
  return isReported(runner) ? undefined : findForeignJob(dependencies, runner, ownJob, now);
};
