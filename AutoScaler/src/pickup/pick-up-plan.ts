import { defined } from "../../../Core/defined";
import {
  type Attempt,
  advanceRunner,
  type OrderedAttempt,
  type Runner,
  type StartedRunner,
  type Time,
  touch,
} from "../../../Core/model/ledger";
import { enter, withHolds } from "../../../Core/waiting/marks";
import type { JobStart } from "../../../Core/waiting/split";
import { pendingEvent, runnerEnded } from "../events";
import { concernedAttempts, runAttempt } from "../ledger/close-attempt";
import { hasEndBegun } from "../ledger/leases";
import type { LedgerChange, OurEvent } from "../ports";
import { fits } from "./fits";

/** All that a pick-up is decided by, read from the ledger. */
export interface PickUpFacts {
  /** With what GitLab says of its start. */
  readonly job: { readonly id: number; readonly projectId: number } & Partial<JobStart>;
  /** GitLab's id of the runner that took the job. */
  readonly runnerId: number;
  /** That runner, when it is ours. */
  readonly runner?: Runner;
  /** The job's attempts, first to last. */
  readonly attempts: readonly Attempt[];
  /** Runners of those attempts. */
  readonly own: readonly Runner[];
  /** Attempts of the job that the runner was there for, when that is another job. */
  readonly reassigned: readonly Attempt[];
  readonly pausedAt?: Time;
  readonly now: Time;
}

export interface PickUpPlan {
  readonly changes: readonly LedgerChange[];
  /** Put after the commit; a repeat puts them again. */
  readonly events: readonly OurEvent[];
}

const latest = (items: readonly Attempt[]): Attempt | undefined => items.at(-1);

/** The runner noted as busy with the job. One that is ending keeps its state. */
const busy = ({ job, pausedAt, now }: PickUpFacts, runner: Runner, patch: Partial<Runner> = {}): Runner => {
  const paused = runner.pausedAt ?? pausedAt;
  const with_ = {
    ...patch,
    busyJobId: job.id,
    busyProjectId: job.projectId,
    ...defined({ pausedAt: paused }),
  };
  // Who wanted its end wanted it without a job: the end that comes has its own half hour (I-20).
  return runner.state === "STARTING"
    ? advanceRunner(runner, "BUSY", now, { ...with_, endRequestedAt: undefined })
    : touch(runner, with_);
};

const isStored = ({ job, pausedAt }: PickUpFacts, runner: Runner): boolean =>
  runner.busyJobId === job.id && (runner.pausedAt !== undefined || pausedAt === undefined);

/**
 * One that still has to be launched is launched by the start of the job that gets it, whose function may be another provider's.
 * A MicroVM's start hands it on.
 */
const canBeLaunchedFor = ({ resourceId, provider }: Runner, { order }: OrderedAttempt): boolean =>
  resourceId !== undefined || provider === order.runnerClass.type || order.runnerClass.type === "MICROVM";

/** The job's own runner that could serve the reassigned job instead: alive, no end at it, fitting. */
const replacement = (
  { job, own, runnerId }: PickUpFacts,
  reassigned: OrderedAttempt,
): StartedRunner | undefined =>
  own.find(
    (runner): runner is StartedRunner =>
      !runner.adopted &&
      runner.runnerId !== runnerId &&
      runner.state === "STARTING" &&
      runner.jobId === job.id &&
      !hasEndBegun(runner) &&
      canBeLaunchedFor(runner, reassigned) &&
      fits(runner.order, reassigned.order),
  );

const isWaitingForRunner = (attempt: Attempt): attempt is OrderedAttempt =>
  attempt.state === "CREATED" || attempt.state === "LAUNCHED";

/** The reassigned job's attempt that still counts on the runner. */
const reassignedAttempt = ({ reassigned, runner }: PickUpFacts): OrderedAttempt | undefined => {
  const last = latest(reassigned);
  return last !== undefined && last.runnerId === runner?.runnerId && isWaitingForRunner(last)
    ? last
    : undefined;
};

const running = ({ attempts, runnerId, now }: PickUpFacts): readonly LedgerChange[] =>
  concernedAttempts(attempts, runnerId).flatMap((attempt) => runAttempt(attempt, runnerId, now));

/** The job's other runners have nothing to do any more. */
const spare = ({ job, own }: PickUpFacts, kept: readonly number[]): readonly OurEvent[] =>
  own
    .filter(
      (runner) => runner.state === "STARTING" && runner.jobId === job.id && !kept.includes(runner.runnerId),
    )
    .map((runner) => runnerEnded(runner.runnerId, "no-longer-needed"));

/**
 * The attempt with another runner: what it tells of its runner is true of the one that it has now. CREATED stays: when
 * it is tried again counts from there.
 */
const withRunner = <Item extends Attempt>(attempt: Item, runner: Runner): Item => {
  const { resourceId, market, pricePerHour, priceSource } = runner;
  const { LAUNCHED: _, ...times } = attempt.times;
  const { LAUNCHED } = runner.times;
  return {
    ...touch<Attempt>(attempt, { runnerId: runner.runnerId, resourceId, market, pricePerHour, priceSource }),
    times: { ...times, ...defined({ LAUNCHED }) },
    version: attempt.version,
  } as Item;
};

/** The job's attempt that its own runner served, with the runner that it took instead, whatever its state is. */
const served = (attempt: Attempt, { runnerId, now }: PickUpFacts): readonly LedgerChange[] => {
  const changes = runAttempt(attempt, runnerId, now);
  return changes.length > 0 ? changes : [{ put: touch(attempt, {}) }];
};

/**
 * Exchanges the two runners in one transaction: each job keeps an attempt with a runner of its own. One that waits
 * for its launch is waited for by the other job.
 */
const swap = (
  facts: PickUpFacts,
  runner: Runner,
  reassigned: OrderedAttempt,
  other: StartedRunner,
): readonly LedgerChange[] => {
  const isServed = ({ attempt }: Attempt): boolean => attempt === other.attempt;
  const { waitingFor } = facts.attempts.find(isServed) ?? {};
  const moved = touch(other, { jobId: reassigned.jobId, attempt: reassigned.attempt });
  const noted = concernedAttempts(facts.attempts, facts.runnerId).flatMap((attempt) =>
    isServed(attempt)
      ? served(withRunner(attempt, runner), facts)
      : runAttempt(attempt, facts.runnerId, facts.now),
  );
  const taken = busy(facts, runner, { jobId: facts.job.id, attempt: other.attempt });
  const { startedAt = facts.now } = facts.job;
  const held = withHolds(reassigned.marks, runner.holds);
  const marks = held && enter(held, "exchange", startedAt);
  return [
    { put: taken },
    { put: moved },
    { put: touch(withRunner(reassigned, other), { waitingFor, marks }) },
    ...noted,
  ];
};

const stolen = (facts: PickUpFacts, runner: Runner): PickUpPlan => {
  const reassigned = reassignedAttempt(facts);
  const other = reassigned === undefined ? undefined : replacement(facts, reassigned);
  if (reassigned !== undefined && other !== undefined) {
    return { changes: swap(facts, runner, reassigned, other), events: spare(facts, [other.runnerId]) };
  }
  const noted: readonly LedgerChange[] = isStored(facts, runner) ? [] : [{ put: busy(facts, runner) }];
  const next = reassigned === undefined ? [] : [pendingEvent(reassigned.order, reassigned.attempt + 1)];
  return { changes: [...noted, ...running(facts)], events: [...next, ...spare(facts, [])] };
};

/**
 * Pure: what a pick-up changes. The runner is the job's own, another job's (then the two exchange runners, or
 * the reassigned job gets its next attempt), or none of ours.
 */
export const planPickUp = (facts: PickUpFacts): PickUpPlan => {
  const { runner } = facts;
  if (runner !== undefined && runner.jobId !== facts.job.id) return stolen(facts, runner);
  const noted: readonly LedgerChange[] =
    runner === undefined || isStored(facts, runner) ? [] : [{ put: busy(facts, runner) }];
  return {
    changes: [...noted, ...running(facts)],
    events: spare(facts, runner === undefined ? [] : [runner.runnerId]),
  };
};
