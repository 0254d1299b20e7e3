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

/** Free slots and reservations, counted down as jobs are dispatched. */
interface Room {
  stack: number;
  readonly classes: Map<string, number>;
  /** EC2 reservations for jobs dispatched in this pass; Infinity while none waits for the launch rate. */
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

/** True when a complete list lacks the job or shows it not pending: it needs no runner. */
const isOver = ({ jobs, listed }: Snapshot, { jobId, order }: OrderedAttempt): boolean => {
  const job = jobs.get(jobId);
  return job === undefined ? listed.has(order.projectId) : job.status !== "pending";
};

const dispatch = (attempt: OrderedAttempt): Discrepancy => ({
  kind: "pending",
  event: pendingEvent(attempt.order, attempt.attempt),
  dispatches: attempt,
});

/** True when enough time has passed since its last dispatch. The time grows with each refusal by EC2. */
const isRested = (attempt: OrderedAttempt, now: Time): boolean =>
  !isRecent(attempt.dispatchedAt, now) && isLaunchDue(attempt, now);

/** Queued jobs with a free slot, oldest first. A job whose event is under way also uses up a slot. */
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

/** Runners whose launch EC2 refused for its request rate. They go before jobs that have no runner yet. */
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
 * Dispatches waiting jobs: as many as there are free slots, and as many EC2 jobs as get a reservation at
 * once. Each start dispatches one more later. With new starts off (F-57), only jobs that have a runner are
 * dispatched.
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
