import { isLeased, isOrdered, type OrderedAttempt, type Runner, type Time } from "../../../../Core/ledger";
import type { Dependencies } from "../dependencies";
import { pendingEvent } from "../our-events";
import { nextPace, PACE_NOTE, type Pace, readPace } from "../pace";
import { type Ledger, STACK } from "../ports";
import { isLaunchDue, isTooEarly } from "../retries";
import { turnsAtOnce } from "../turns";
import { byQueueTime } from "../wait-in-line";
import { type SnapshotIndex, waitsForPace } from "./find-pending";
import { type Discrepancy, isRecent, type Snapshot } from "./look";

export type LetGoDependencies = Pick<Dependencies, "ledger" | "settings" | "caps">;

/** Room that is left, counted down as jobs are let go. */
interface Room {
  stack: number;
  readonly classes: Map<string, number>;
  /** Turns at EC2 for those that are let go together; Infinity while nobody waits for one. */
  ec2: number;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const readRoom = async (
  { ledger, caps }: LetGoDependencies,
  waiting: readonly OrderedAttempt[],
  ec2: number,
): Promise<Room> => {
  const classes = new Map(waiting.map(({ classKey, order }) => [classKey, order.runnerClass]));
  const [stack, ...taken] = await Promise.all(
    [STACK, ...classes.keys()].map((scope) => ledger.places(scope)),
  );
  const free = [...classes].map(([key, runnerClass], index): [string, number] => [
    key,
    caps.ofClass(runnerClass) - sum(taken[index] ?? []),
  ]);
  return { stack: caps.stack - sum(stack ?? []), classes: new Map(free), ec2 };
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

const wake = (attempt: OrderedAttempt): Discrepancy => ({
  kind: "pending",
  event: pendingEvent(attempt.order, attempt.attempt),
  wakes: attempt,
});

/** Some time has passed since it was let go, the longer the more often EC2 refused it. */
const isRested = (attempt: OrderedAttempt, now: Time): boolean =>
  !isRecent(attempt.wokenAt, now) && isLaunchDue(attempt, now);

/** Jobs in line for which there is room, oldest first. One whose event is under way takes its room all the same. */
export const fromLine = (look: Snapshot, room: Room): Discrepancy[] =>
  [...look.waiting]
    .filter((attempt) => !isOver(look, attempt) && !isTooEarly(attempt, look.now))
    .sort(byQueueTime)
    .filter((attempt) => take(room, attempt) && isRested(attempt, look.now))
    .map(wake);

const isHeldRunner = (runner: Runner, now: Time): boolean =>
  runner.state === "STARTING" &&
  runner.resourceId === undefined &&
  waitsForPace(runner) &&
  !isLeased(runner, now);

/** Runners that EC2 refused for the number of calls: they go before those that have no runner yet. */
const fromPace = ({ runners, now }: Snapshot, { lastAttempt }: SnapshotIndex, room: Room): Discrepancy[] =>
  runners
    .filter((runner) => isHeldRunner(runner, now))
    .flatMap((runner) => lastAttempt.get(runner.jobId) ?? [])
    .filter(isOrdered)
    .filter((attempt) => isRested(attempt, now) && room.ec2-- > 0)
    .map(wake);

const storePace = async (
  ledger: Ledger,
  pace: Pace,
  version: number,
  isHolding: boolean,
  now: Time,
): Promise<void> => {
  const next = nextPace(pace, isHolding, now);
  await ledger.commit([{ note: { name: PACE_NOTE, version: version + 1, value: next ?? null } }]);
};

/**
 * Lets waiting jobs go: as many as there are places, and as many on EC2 as find a turn at once; those let the others
 * go, one by one. Nothing while new starts are switched off (F-57), but for runners that exist already.
 */
export const letGo = async (
  world: LetGoDependencies,
  look: Snapshot,
  index: SnapshotIndex,
): Promise<readonly Discrepancy[]> => {
  const { pace, version } = await readPace(world.ledger);
  const isHolding =
    look.waiting.some(({ waitingFor }) => waitingFor === "launch-rate") ||
    look.runners.some((runner) => isHeldRunner(runner, look.now));
  const room = await readRoom(
    world,
    look.waiting,
    pace !== undefined || isHolding ? turnsAtOnce(pace) : Number.POSITIVE_INFINITY,
  );
  const paced = fromPace(look, index, room);
  const line = (await world.settings.startsAreOn()) ? fromLine(look, room) : [];
  if (pace !== undefined) await storePace(world.ledger, pace, version, isHolding, look.now);
  return [...paced, ...line];
};
