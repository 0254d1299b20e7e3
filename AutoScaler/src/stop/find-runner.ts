import { defined } from "../../../Core/defined";
import { TransientError } from "../../../Core/errors";
import type { OrphanInstance, Runner } from "../../../Core/model/ledger";
import { hasEnded } from "../ledger/close-attempt";
import { foundJob } from "../ports";
import { recordInterruption } from "../spot/spot-loss";
import { hadNotice } from "../spot/spot-notice";
import { ORPHAN_LIFETIME_SECONDS } from "../timing";
import { confirmedDeath, isOrphanOver } from "./confirm-death";
import { type FoundRunners, type JobFacts, jobFacts, NO_RUNNERS } from "./end-order";
import { afterJob, type FindDependencies } from "./find/after-job";
import { readRecord } from "./read-record";
import { interruptionOf, type StopEvent, saysNothing } from "./stop-event";
import { terminationReason } from "./termination-reason";

/** Undefined: not asked, not found, or no answer from GitLab. None of these is a reason to end a runner. */
const askFor = async (
  { gitLab }: FindDependencies,
  projectId: number | undefined,
  jobId: number | undefined,
): Promise<JobFacts | undefined> => {
  if (projectId === undefined || jobId === undefined || gitLab.mode === "payload") return undefined;
  try {
    const job = foundJob(await gitLab.job(projectId, jobId));
    return job && jobFacts(job);
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
};

const isSameJob = (runner: Runner): boolean => runner.busyJobId === runner.jobId;

const factsOf = async (
  dependencies: FindDependencies,
  runner: Runner,
): Promise<{ ownJob?: JobFacts; busyJob?: JobFacts }> => {
  // Its end is under way or done and its attempts are closed, so the state of its jobs changes nothing.
  if (runner.state === "ENDING" || runner.state === "GONE") return {};
  const ownJob = runner.adopted
    ? undefined
    : await askFor(dependencies, runner.order.projectId, runner.jobId);
  const busyJob =
    isSameJob(runner) && ownJob ? ownJob : await askFor(dependencies, runner.busyProjectId, runner.busyJobId);
  return defined({ ownJob, busyJob });
};

type AskedEnd = Extract<StopEvent, { kind: "runner" }>;

/** The runner is GONE in the ledger, but the reconciler saw its instance alive. */
const outlivesRunner = (event: AskedEnd, runner: Runner): boolean =>
  runner.state === "GONE" && event.resourceId !== undefined && event.reason === "instance-remaining";

const endRunner = async (
  dependencies: FindDependencies,
  event: AskedEnd,
  runner: Runner,
): Promise<FoundRunners> => {
  const jobs = await factsOf(dependencies, runner);
  const death = await confirmedDeath(dependencies, event, runner);
  const interruption = interruptionOf(event);
  if (interruption === "spot-interruption") await recordInterruption(dependencies, runner);
  const record = await readRecord(dependencies, runner);
  const notice = death !== undefined && (await hadNotice(dependencies, runner));
  const facts = { ...defined({ death, interruption, record }), hadNotice: notice, ...jobs };
  const due = terminationReason({ runner, ...facts, now: dependencies.clock.now() });
  const reason = due ?? (outlivesRunner(event, runner) ? "instance-remaining" : undefined);
  if (reason === undefined) return NO_RUNNERS;
  const endedJob = [jobs.busyJob, jobs.ownJob].find((job) => job !== undefined && hasEnded(job));
  const { ownJob } = jobs;
  return {
    runners: [
      {
        runnerId: runner.runnerId,
        reason,
        // The runner is dead while a job is still assigned to it, so no check can confirm that it is free.
        isDead: death !== undefined || reason === "runner-crashed",
        ...defined({ endedJob, ownJob }),
      },
    ],
  };
};

const ORPHAN_LIFETIME_MILLISECONDS = ORPHAN_LIFETIME_SECONDS * 1000;

/**
 * Ends an orphan. It belongs to no runner in the ledger, so it runs no job of ours. Without AccessToken
 * nothing is ended early: there an orphan is left for a day.
 */
const endOrphan = async (
  dependencies: FindDependencies,
  event: AskedEnd,
  orphan: OrphanInstance,
): Promise<FoundRunners> => {
  if (orphan.state === "GONE" && event.reason !== "instance-remaining") return NO_RUNNERS;
  const isDead = await isOrphanOver(dependencies, event, orphan);
  const age = dependencies.clock.now() - (orphan.times.FOUND ?? 0);
  const isLeft = dependencies.gitLab.mode === "payload" && !isDead && age < ORPHAN_LIFETIME_MILLISECONDS;
  return isLeft
    ? NO_RUNNERS
    : { runners: [{ orphanId: orphan.resourceId, reason: "orphan-adopted", isDead }] };
};

const afterRunner = async (dependencies: FindDependencies, event: AskedEnd): Promise<FoundRunners> => {
  if (saysNothing(event)) return NO_RUNNERS;
  const found = await (event.runnerId === undefined
    ? dependencies.ledger.byResource(event.resourceId ?? "")
    : dependencies.ledger.runner(event.runnerId));
  if (found === undefined) return NO_RUNNERS;
  return found.kind === "orphan"
    ? endOrphan(dependencies, event, found)
    : endRunner(dependencies, event, found);
};

/**
 * Finds the runners that are to be ended. It writes nothing but what a spot interruption teaches. Ids come from
 * the ledger, under runner ids that we created (T-16). An instance that the ledger does not know is not ended.
 */
export const findRunner = (dependencies: FindDependencies, event: StopEvent): Promise<FoundRunners> =>
  event.kind === "job" ? afterJob(dependencies, event.job) : afterRunner(dependencies, event);
