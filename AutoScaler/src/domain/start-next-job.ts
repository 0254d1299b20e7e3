import { type Attempt, type Time, touch } from "../../../Core/ledger";
import { readClasses } from "../../../Core/ledger/known-classes";
import { commit } from "./commit";
import { UNDER_WAY_MILLISECONDS } from "./limits";
import { pendingEvent } from "./our-events";
import { isLaunchDue } from "./retries";
import { NEXT_TURN } from "./turns";
import type { World } from "./world";

export type NextJobWorld = Pick<World, "ledger" | "bus" | "clock">;

export type NextJob = { readonly kind: "woken"; readonly jobId: number } | { readonly kind: "nobody" };

/** Of a class's line: enough to pass by those whose event is under way. At EC2 they also wait for their turns. */
const LOOK_AT = 25;
const LOOK_AT_FOR_TURN = 400;

type WaitingFor = Attempt["waitingFor"];

/** No event for it is under way, and EC2 has not just refused it. */
const isAsleep = (attempt: Attempt, now: Time): boolean =>
  now - (attempt.wokenAt ?? Number.NEGATIVE_INFINITY) > UNDER_WAY_MILLISECONDS && isLaunchDue(attempt, now);

const wake = async (world: NextJobWorld, waiting: Attempt): Promise<boolean> => {
  const woken = touch(waiting, { wokenAt: world.clock.now() });
  if (!(await commit(world.ledger, [{ put: woken }]))) return false;
  await world.bus.put([pendingEvent(waiting.order, waiting.attempt)]);
  return true;
};

const wakeFirst = async (
  world: NextJobWorld,
  line: readonly Attempt[],
  forWhat: WaitingFor,
): Promise<number | undefined> => {
  for (const waiting of line) {
    const canBeWoken = waiting.waitingFor === forWhat && isAsleep(waiting, world.clock.now());
    if (canBeWoken && (await wake(world, waiting))) return waiting.jobId;
  }
  return undefined;
};

const byAge = (one: Attempt, other: Attempt): number => one.order.queuedAt - other.order.queuedAt;

/** The oldest of all classes that waits for its turn at EC2. */
const wakeForTurn = async (world: NextJobWorld, names: readonly string[]): Promise<number | undefined> => {
  const lines = await Promise.all(names.map((name) => world.ledger.waiting(name, LOOK_AT_FOR_TURN)));
  return wakeFirst(world, lines.flat().sort(byAge), "ec2");
};

const wakeForPlace = async (world: NextJobWorld, names: readonly string[]): Promise<number | undefined> => {
  for (const name of names) {
    const jobId = await wakeFirst(world, await world.ledger.waiting(name, LOOK_AT), "place");
    if (jobId !== undefined) return jobId;
  }
  return undefined;
};

/**
 * Puts the event of the oldest job that waits for a place in the class on the bus. Where nobody waits in it, the
 * stack's place may be what another class waits for. For a turn at EC2, of the oldest that waits for one.
 *
 * @param classKey the class in which a place became free, e.g. `EC2#default`, or `NEXT_TURN`
 */
export const startNextJob = async (world: NextJobWorld, classKey: string): Promise<NextJob> => {
  const { names } = await readClasses(world.ledger);
  const others = names.filter((name) => name !== classKey);
  const jobId = await (classKey === NEXT_TURN
    ? wakeForTurn(world, names)
    : wakeForPlace(world, [classKey, ...others]));
  return jobId === undefined ? { kind: "nobody" } : { kind: "woken", jobId };
};
