import { type Attempt, type Time, touch } from "../../../Core/ledger";
import { commit } from "./commit";
import { UNDER_WAY_MILLISECONDS } from "./limits";
import { pendingEvent } from "./our-events";
import { readClasses } from "./wait-in-line";
import type { World } from "./world";

export type NextJobWorld = Pick<World, "ledger" | "bus" | "clock">;

export type NextJob = { readonly kind: "woken"; readonly jobId: number } | { readonly kind: "nobody" };

/** Of a class's line: enough to pass by those whose event is under way. */
const LOOK_AT = 25;

/** It waits for a place, and no event for it is under way. */
const canBeWoken = ({ waitingFor, wokenAt }: Attempt, now: Time): boolean =>
  waitingFor === "place" && (wokenAt === undefined || now - wokenAt > UNDER_WAY_MILLISECONDS);

const wake = async (world: NextJobWorld, waiting: Attempt): Promise<boolean> => {
  const woken = touch(waiting, { wokenAt: world.clock.now() });
  if (!(await commit(world.ledger, [{ put: woken }]))) return false;
  await world.bus.put([pendingEvent(waiting.order, waiting.attempt)]);
  return true;
};

const wakeOldest = async (world: NextJobWorld, key: string): Promise<number | undefined> => {
  for (const waiting of await world.ledger.waiting(key, LOOK_AT)) {
    if (canBeWoken(waiting, world.clock.now()) && (await wake(world, waiting))) return waiting.jobId;
  }
  return undefined;
};

/**
 * Puts the event of the oldest job that waits for a place in the class on the bus. Where nobody waits in it, the
 * stack's place may be what another class waits for.
 *
 * @param classKey the class in which a place became free, e.g. `EC2#default`
 */
export const startNextJob = async (world: NextJobWorld, classKey: string): Promise<NextJob> => {
  const { names } = await readClasses(world.ledger);
  for (const key of [classKey, ...names.filter((name) => name !== classKey)]) {
    const jobId = await wakeOldest(world, key);
    if (jobId !== undefined) return { kind: "woken", jobId };
  }
  return { kind: "nobody" };
};
