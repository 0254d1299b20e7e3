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
 * Idle time after which GitLab is asked for the jobs of a runner that has not taken its own job. The window
 * is one or two passes long, so a runner that never gets a job is not asked in every pass (I-25). A foreign
 * job that runs longer shows in the list of its project.
 */
const ASK_AFTER_MILLISECONDS = 60_000;
const ASK_UNTIL_MILLISECONDS = 150_000;

const isUnderWay = (runner: Runner, now: Time): boolean =>
  isLeased(runner, now) || isRecent(lastChange(runner), now) || isRecent(runner.endRequestedAt, now);

const jobOf = (word: JobWord): GitLabJob | undefined => (word.kind === "known" ? word.job : undefined);

/** How EC2 says that the instance is dead; undefined: nothing shows it. */
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

/** Finds a foreign job that the runner took when its webhook was lost or never sent (P-1). */
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

/** An end report was checked without a result: the execution died, or the runner's item had just changed. */
const isLookDue = (runner: Runner, now: Time): boolean =>
  runner.endReport !== undefined &&
  isReported(runner) &&
  runner.endReport.looks < MAX_LOOKS &&
  now - runner.endReport.at > LOOK_AGAIN_MILLISECONDS;

/** Lambda no longer queues its start. GitLab's record shows the stop whether the runner ever made contact. */
const mayBeDropped = (runner: Runner, own: GitLabJob | undefined, now: Time): boolean =>
  isUndelivered(runner, now) && own?.status === "pending" && own.runnerId !== runner.runnerId;

/** Why an open runner is to be ended, or which foreign job it took. Undefined: neither, or under way. */
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
    ...defined({ death }),
    ...(ownJob ? { ownJob: jobFacts(ownJob) } : {}),
    ...(busyJob ? { busyJob: jobFacts(busyJob) } : {}),
  };
  const reason = terminationReason({ runner, ...facts, now });
  if (reason !== undefined) return ended(runner, death ?? reason);
  if (isLookDue(runner, now)) return ended(runner, "invocation-ended");
  const isVerified = dependencies.gitLab.mode === "verified";
  if (isVerified && mayBeDropped(runner, ownJob, now)) return ended(runner, "never-contacted");
  // Its end is already being checked, and that check finds a foreign job too.
  return isReported(runner) ? undefined : findForeignJob(dependencies, runner, ownJob, now);
};
