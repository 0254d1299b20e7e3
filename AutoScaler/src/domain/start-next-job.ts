import { type OrderedAttempt, type Time, touch } from "../../../Core/ledger";
import { readClasses } from "../../../Core/ledger/known-classes";
import type { WaitingFor } from "../../../Core/reasons";
import { commit } from "./commit";
import type { Dependencies } from "./dependencies";
import type { Freed } from "./freed";
import { UNDER_WAY_MILLISECONDS } from "./limits";
import { pendingEvent } from "./our-events";
import { isLaunchDue } from "./retries";
import { byQueueTime } from "./wait-in-line";

export type NextJobDependencies = Pick<Dependencies, "ledger" | "bus" | "clock">;

export type NextJob = { readonly kind: "woken"; readonly jobId: number } | { readonly kind: "nobody" };

/** Of a class's line: enough to pass by those whose event is under way. At EC2 they also wait for their turns. */
const LOOK_AT = 25;
const LOOK_AT_FOR_TURN = 400;

/** No event for it is under way, and EC2 has not just refused it. */
const isAsleep = (attempt: OrderedAttempt, now: Time): boolean =>
  now - (attempt.wokenAt ?? Number.NEGATIVE_INFINITY) > UNDER_WAY_MILLISECONDS && isLaunchDue(attempt, now);

const wake = async (world: NextJobDependencies, waiting: OrderedAttempt): Promise<boolean> => {
  const woken = touch(waiting, { wokenAt: world.clock.now() });
  if (!(await commit(world.ledger, [{ put: woken }]))) return false;
  await world.bus.put([pendingEvent(waiting.order, waiting.attempt)]);
  return true;
};

const wakeFirst = async (
  world: NextJobDependencies,
  line: readonly OrderedAttempt[],
  forWhat: WaitingFor,
): Promise<number | undefined> => {
  for (const waiting of line) {
    const canBeWoken = waiting.waitingFor === forWhat && isAsleep(waiting, world.clock.now());
    if (canBeWoken && (await wake(world, waiting))) return waiting.jobId;
  }
  return undefined;
};

/** The oldest of all classes that waits for its turn at EC2. */
const wakeForTurn = async (
  world: NextJobDependencies,
  names: readonly string[],
): Promise<number | undefined> => {
  const lines = await Promise.all(names.map((name) => world.ledger.waiting(name, LOOK_AT_FOR_TURN)));
  return wakeFirst(world, lines.flat().sort(byQueueTime), "launch-rate");
};

const wakeForPlace = async (
  world: NextJobDependencies,
  names: readonly string[],
): Promise<number | undefined> => {
  for (const name of names) {
    const jobId = await wakeFirst(world, await world.ledger.waiting(name, LOOK_AT), "slot");
    if (jobId !== undefined) return jobId;
  }
  return undefined;
};

/**
 * Puts the event of the oldest job that waits for a place in the class on the bus. Where nobody waits in it, the
 * stack's place may be what another class waits for. For a launch at EC2, of the oldest that waits for one.
 */
export const startNextJob = async (world: NextJobDependencies, freed: Freed): Promise<NextJob> => {
  const { names } = await readClasses(world.ledger);
  const jobId = await (freed.kind === "launch"
    ? wakeForTurn(world, names)
    : wakeForPlace(world, [freed.classKey, ...names.filter((name) => name !== freed.classKey)]));
  return jobId === undefined ? { kind: "nobody" } : { kind: "woken", jobId };
};
