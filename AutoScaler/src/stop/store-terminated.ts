import { defined } from "../../../Core/defined";
import type { BusEntry } from "../../../Core/events/bus-entry";
import { jobStartFailedEvent } from "../../../Core/events/job-start-failed";
import { runnerEndedEvent } from "../../../Core/events/runner-events";
import {
  type Attempt,
  advanceRunner,
  isLastAttempt,
  jobOf,
  type Runner,
  type StartedRunner,
  type Time,
  touch,
} from "../../../Core/model/ledger";
import type { InstallFailure } from "../../../Core/model/reasons";
import { costOf } from "../../../Core/pricing/cost";
import type { Dependencies } from "../dependencies";
import { retryOnConflict } from "../ledger/commit";
import { countEnd } from "../ledger/count-end";
import { releaseSlot } from "../limits/slots";
import type { LedgerChange } from "../ports";
import { type Freed, freedSlot } from "../queue/freed";

type GoneDependencies = Pick<Dependencies, "ledger" | "clock" | "metric" | "deploymentId">;

export interface Going {
  /** GitLab confirmed that the record is deleted. Otherwise the reconciler deletes it later. */
  readonly recordDeleted: boolean;
  /** Found by tag, because the ledger had no id. */
  readonly resourceId?: string;
  /** EC2's reason for the end of the instance, for people. */
  readonly detail?: string;
  /** What the machine's console said, for people. */
  readonly installFailure?: InstallFailure;
  /** Its suspended VM is kept until then. */
  readonly keptUntil?: Time;
}

const gonePatch = (runner: Runner, { recordDeleted, ...found }: Going, now: Time) =>
  defined({ ...found, recordDeletedAt: recordDeleted ? (runner.recordDeletedAt ?? now) : undefined });

/** What its end found of its instance. */
const foundAt = ({ resourceId }: Going) => defined({ resourceId });

const goneRunner = (runner: Runner, going: Going, now: Time): Runner =>
  runner.state === "GONE"
    ? touch(runner, gonePatch(runner, going, now))
    : advanceRunner(runner, "GONE", now, {
        ...gonePatch(runner, going, now),
        lease: undefined,
        slot: undefined,
      });

const isAsWished = (runner: Runner, going: Going): boolean =>
  runner.state === "GONE" && (runner.recordDeletedAt !== undefined || !going.recordDeleted);

/** Adds the runner's cost to the attempt that it served, and what EC2 and the console say to an attempt that failed. */
const attemptChanges = (
  attempt: Attempt | undefined,
  runner: Runner,
  { detail, installFailure }: Going,
  now: Time,
): readonly LedgerChange[] => {
  const patch = defined({
    cost: costOf(runner, now),
    ...(attempt?.state === "FAILED" ? { detail, installFailure } : {}),
  });
  const isServed = attempt !== undefined && attempt.runnerId === runner.runnerId;
  return isServed && Object.keys(patch).length > 0 ? [{ put: touch(attempt, patch) }] : [];
};

/** The job whose attempt failed with this runner, if the job gets another attempt. */
const failedJobOf = (attempts: readonly Attempt[], { runnerId }: Runner): number | undefined => {
  const last = attempts.at(-1);
  const isDue = last?.state === "FAILED" && last.runnerId === runnerId && !isLastAttempt(last);
  return isDue ? last.jobId : undefined;
};

const freedOf = (runner: Runner, attempts: readonly Attempt[]): Freed | undefined => {
  const freed = freedSlot(runner.classKey);
  return freed && { ...freed, ...defined({ failedJobId: failedJobOf(attempts, runner) }) };
};

/** What the workflow goes on with. */
export interface Gone {
  /** The slot that became free. */
  readonly freed?: Freed;
  /** For others; absent: the runner was gone before. */
  readonly events?: readonly BusEntry[];
}

/** The attempt that came to nothing because no job came to the runner. */
const failedEvents = (
  deploymentId: string,
  runner: Runner,
  served: Attempt | undefined,
): readonly BusEntry[] => {
  if (served?.state !== "FAILED" || served.runnerId !== runner.runnerId || served.reason === undefined)
    return [];
  const { jobId, attempt, reason } = served;
  const { projectId } = jobOf(served);
  return [
    jobStartFailedEvent(deploymentId, { jobId, projectId, attempt, reason, isFinal: isLastAttempt(served) }),
  ];
};

const goneEvents = (
  deploymentId: string,
  gone: Runner,
  served: Attempt | undefined,
  now: Time,
  cost: number | undefined,
): readonly BusEntry[] => [
  runnerEndedEvent(deploymentId, gone, now, cost),
  ...failedEvents(deploymentId, gone, served),
];

interface Stored extends Gone {
  /** The runner, if this was its end. */
  readonly ended?: Runner;
  readonly cost?: number | undefined;
}

/** The name of the job that it ran. It is the one that the runner was for, unless GitLab gave it another one. */
const jobName = async (
  { ledger }: GoneDependencies,
  { jobId, busyJobId = jobId, order }: StartedRunner,
  attempts: readonly Attempt[],
): Promise<string> => {
  const [attempt] = busyJobId === jobId ? attempts : await ledger.attempts(busyJobId);
  return attempt === undefined ? order.jobName : jobOf(attempt).jobName;
};

/** Where the pick-up was missed, the job's end may have been stored all the same, with the runner that had it. */
const ranIt = (runner: StartedRunner, attempts: readonly Attempt[]): StartedRunner => {
  const ran = attempts.find(({ ranOnRunnerId }) => ranOnRunnerId === runner.runnerId);
  return { ...runner, ...defined({ busyJobId: runner.busyJobId ?? ran?.jobId }) };
};

const counted = async (
  dependencies: GoneDependencies,
  runner: Runner,
  attempts: readonly Attempt[],
  now: Time,
): Promise<readonly LedgerChange[]> =>
  runner.adopted ? [] : countEnd(ranIt(runner, attempts), await jobName(dependencies, runner, attempts), now);

/** The changes of a runner's end: the item, the slot, what the attempt tells of it, and what is counted. */
const end = async (dependencies: GoneDependencies, runner: Runner, going: Going) => {
  const now = dependencies.clock.now();
  const attempts = await dependencies.ledger.attempts(runner.jobId);
  const served = attempts.find(({ attempt }) => attempt === runner.attempt);
  const gone = goneRunner(runner, going, now);
  const cost = costOf(runner, now);
  const changes: readonly LedgerChange[] = [
    { put: gone },
    ...releaseSlot(runner),
    ...attemptChanges(served, runner, going, now),
    ...(await counted(dependencies, { ...runner, ...foundAt(going) }, attempts, now)),
  ];
  const freed = runner.slot === undefined ? undefined : freedOf(runner, attempts);
  const events = goneEvents(dependencies.deploymentId, gone, served, now, cost);
  return { changes, result: { ...defined({ freed }), events, ended: runner, cost } };
};

const store = (dependencies: GoneDependencies, runnerId: number, going: Going): Promise<Stored> =>
  retryOnConflict<Stored>(dependencies.ledger, async () => {
    const runner = await dependencies.ledger.runner(runnerId);
    if (runner === undefined || isAsWished(runner, going)) return { changes: [], result: {} };
    if (runner.state !== "GONE") return end(dependencies, runner, going);
    return { changes: [{ put: goneRunner(runner, going, dependencies.clock.now()) }], result: {} };
  });

/**
 * Stores that the runner is gone, releases its slot and counts what it was and cost, in one transaction.
 */
export const storeGone = async (
  dependencies: GoneDependencies,
  runnerId: number,
  going: Going,
): Promise<Gone> => {
  const { freed, events, ended, cost } = await store(dependencies, runnerId, going);
  const provider = ended?.provider;
  if (cost !== undefined && provider !== undefined) dependencies.metric("RunnerCostUsd", cost, { provider });
  return defined({ freed, events });
};
