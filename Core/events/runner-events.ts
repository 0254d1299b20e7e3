import type { Runner, Time } from "../model/ledger";
import type { RunnerOrder } from "../model/runner-order";
import { type BusEntry, busEntry } from "./bus-entry";

/** What was launched for a job. */
interface Launched {
  readonly runnerId: number;
  /** The instance's id, or the invocation's request id. */
  readonly resourceId: string;
}

/** A runner was launched for a job. */
export const runnerStartedEvent = (
  deploymentId: string,
  { jobId, projectId, runnerClass }: RunnerOrder,
  { runnerId, resourceId }: Launched,
): BusEntry =>
  busEntry(deploymentId, "RunnerStarted", {
    runnerId,
    jobId,
    projectId,
    provider: runnerClass.type,
    class: runnerClass.name,
    resourceId,
  });

const iso = (time: Time | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

/**
 * A runner is gone: its record, and what it ran on.
 *
 * @param costUsd from its launch to now; undefined: unknown
 */
export const runnerEndedEvent = (
  deploymentId: string,
  runner: Runner,
  endedAt: Time,
  costUsd: number | undefined,
): BusEntry =>
  busEntry(deploymentId, "RunnerEnded", {
    runnerId: runner.runnerId,
    launchedForJobId: runner.launchedFor.jobId,
    jobId: runner.busyJobId,
    projectId: runner.busyProjectId ?? runner.order?.projectId,
    provider: runner.provider,
    class: runner.order?.runnerClass.name,
    resourceId: runner.resourceId,
    market: runner.market,
    reason: runner.reason ?? "end-under-way",
    launchedAt: iso(runner.times.LAUNCHED),
    endedAt: iso(endedAt),
    costUsd,
  });

/** A job that waited longer than the objective for the queue's time allows. */
export interface MissedObjective {
  readonly jobId: number;
  readonly projectId: number;
  /** Name of its runner class. */
  readonly class: string;
  /** From pending to running. */
  readonly queuedSeconds: number;
  readonly objectiveSeconds: number;
  /** The code of the cause that took most of the time. */
  readonly cause: string;
}

export const objectiveMissedEvent = (deploymentId: string, missed: MissedObjective): BusEntry =>
  busEntry(deploymentId, "QueueTimeObjectiveMissed", missed);
