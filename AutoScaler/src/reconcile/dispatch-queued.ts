import { isLeased, isOrdered, type OrderedAttempt, type Runner, type Time } from "../../../Core/model/ledger";
import { isLaunchDue, isTooEarly } from "../../../Core/queue/retry-schedule";
import type { Dependencies } from "../dependencies";
import { pendingEvent } from "../events";
import {
  LAUNCH_RATE_RECORD,
  type LaunchRate,
  nextLaunchRate,
  readLaunchRate,
} from "../launch-rate/launch-rate";
import { reservationsAtOnce } from "../launch-rate/reservations";
import { type Ledger, STACK } from "../ports";
import { byQueueTime } from "../queue/queue";
import { type SnapshotIndex, waitsForLaunchRate } from "./find/pending";
import { type Discrepancy, isRecent, type Snapshot } from "./snapshot";

export type DispatchDependencies = Pick<Dependencies, "ledger" | "settings" | "limits">;

/** Room that is left, counted down as jobs are dispatched. */
interface Room {
  stack: number;
  readonly classes: Map<string, number>;
  /** Reservations at EC2 for those that are dispatched together; Infinity while nobody waits for one. */
  ec2: number;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const readRoom = async (
  { ledger, limits }: DispatchDependencies,
  waiting: readonly OrderedAttempt[],
  ec2: number,
): Promise<Room> => {
  const classes = new Map(waiting.map(({ classKey, order }) => [classKey, order.runnerClass]));
  const [stack, ...taken] = await Promise.all([STACK, ...classes.keys()].map((scope) => ledger.slots(scope)));
  const free = [...classes].map(([key, runnerClass], index): [string, number] => [
    key,
    limits.ofClass(runnerClass) - sum(taken[index] ?? []),
  ]);
  return { stack: limits.stack - sum(stack ?? []), classes: new Map(free), ec2 };
};

const take = (room: Room, { classKey, order }: OrderedAttempt): boolean => {
  const isEc2 = order.runnerClass.type === "EC2";
  const inClass = room.classes.get(classKey) ?? 0;
  if (room.stack <= 0 || inClass <= 0 || (isEc2 && room.ec2 <= 0)) return false;
  room.stack -= 1;
  room.classes.set(classKey, inClass - 1);
  if (isEc2) room.ec2 -= 1;
  return true;
};

/** In no list that is whole: it ended or runs, and needs no runner. */
const isOver = ({ jobs, listed }: Snapshot, { jobId, order }: OrderedAttempt): boolean => {
  const job = jobs.get(jobId);
  return job === undefined ? listed.has(order.projectId) : job.status !== "pending";
};

const dispatch = (attempt: OrderedAttempt): Discrepancy => ({
  kind: "pending",
  event: pendingEvent(attempt.order, attempt.attempt),
  dispatches: attempt,
});

/** Some time has passed since it was dispatched, the longer the more often EC2 refused it. */
const isRested = (attempt: OrderedAttempt, now: Time): boolean =>
  !isRecent(attempt.dispatchedAt, now) && isLaunchDue(attempt, now);

/** Jobs in the queue for which there is room, oldest first. One whose event is under way takes its room all the same. */
export const fromQueue = (snapshot: Snapshot, room: Room): Discrepancy[] =>
  [...snapshot.waiting]
    .filter((attempt) => !isOver(snapshot, attempt) && !isTooEarly(attempt, snapshot.now))
    .sort(byQueueTime)
    .filter((attempt) => take(room, attempt) && isRested(attempt, snapshot.now))
    .map(dispatch);

const isHeldRunner = (runner: Runner, now: Time): boolean =>
  runner.state === "STARTING" &&
  runner.resourceId === undefined &&
  waitsForLaunchRate(runner) &&
  !isLeased(runner, now);

/** Runners that EC2 refused for the number of calls: they go before those that have no runner yet. */
const fromLaunchRate = (
  { runners, now }: Snapshot,
  { lastAttempt }: SnapshotIndex,
  room: Room,
): Discrepancy[] =>
  runners
    .filter((runner) => isHeldRunner(runner, now))
    .flatMap((runner) => lastAttempt.get(runner.jobId) ?? [])
    .filter(isOrdered)
    .filter((attempt) => isRested(attempt, now) && room.ec2-- > 0)
    .map(dispatch);

const storeLaunchRate = async (
  ledger: Ledger,
  launchRate: LaunchRate,
  version: number,
  isHolding: boolean,
  now: Time,
): Promise<void> => {
  const next = nextLaunchRate(launchRate, isHolding, now);
  await ledger.commit([
    { stateRecord: { name: LAUNCH_RATE_RECORD, version: version + 1, value: next ?? null } },
  ]);
};

/**
 * Dispatches waiting jobs: as many as there are slots, and as many on EC2 as find a reservation at once; those let the others
 * go, one by one. Nothing while new starts are switched off (F-57), but for runners that exist already.
 */
export const dispatchQueued = async (
  dependencies: DispatchDependencies,
  snapshot: Snapshot,
  index: SnapshotIndex,
): Promise<readonly Discrepancy[]> => {
  const { launchRate, version } = await readLaunchRate(dependencies.ledger);
  const isHolding =
    snapshot.waiting.some(({ waitingFor }) => waitingFor === "launch-rate") ||
    snapshot.runners.some((runner) => isHeldRunner(runner, snapshot.now));
  const room = await readRoom(
    dependencies,
    snapshot.waiting,
    launchRate !== undefined || isHolding ? reservationsAtOnce(launchRate) : Number.POSITIVE_INFINITY,
  );
  const rateLimited = fromLaunchRate(snapshot, index, room);
  const queue = (await dependencies.settings.startsAreOn()) ? fromQueue(snapshot, room) : [];
  if (launchRate !== undefined)
    await storeLaunchRate(dependencies.ledger, launchRate, version, isHolding, snapshot.now);
  return [...rateLimited, ...queue];
};
