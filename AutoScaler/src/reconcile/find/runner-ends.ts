import { defined } from "../../../../Core/defined";
import { isLeased, type Runner, type Time } from "../../../../Core/model/ledger";
import type { InstanceDeathCode, RunnerEndCode } from "../../../../Core/model/reasons";
import { jobEvent } from "../../events";
import { hasEnded } from "../../ledger/close-attempt";
import { findDeath as deathOf } from "../../ledger/instance-death";
import type { GitLab, GitLabJob, Instances } from "../../ports";
import { jobFacts } from "../../stop/end-order";
import { terminationReason } from "../../stop/termination-reason";
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

const ended = (runner: Runner, reason: RunnerEndCode): Discrepancy => ({
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
  return findForeignJob(dependencies, runner, ownJob, now);
};
