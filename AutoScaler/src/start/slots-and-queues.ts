import type { QueuedProject } from "../../../Core/ledger/queues";
import type { Time } from "../../../Core/model/ledger";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import type { Dependencies } from "../dependencies";
import { type FreeSlot, findSlot } from "../limits/slots";
import type { Ledger } from "../ports";
import { readQueued, yieldsToOthers } from "../queue/yields-to-others";
import { UNDER_WAY_MILLISECONDS } from "../timing";
import { readNextStep } from "./read-next-step";

/** What the slots and the queues show at one moment. */
export interface SlotsAndQueues {
  /** Undefined: there is none under all limits. */
  readonly free: FreeSlot | undefined;
  /** Projects whose jobs wait. */
  readonly queued: readonly QueuedProject[];
}

/** Reads both at once. */
const readSlotsAndQueues = async (
  ledger: Ledger,
  order: RunnerOrder,
  firstShard: number,
): Promise<SlotsAndQueues> => {
  const [free, queued] = await Promise.all([findSlot(ledger, order, firstShard), readQueued(ledger)]);
  return { free, queued };
};

/** Whether a free slot is left to others. Whoever was dispatched a moment ago need not wait again. */
export const mustWait = async (
  { ledger, clock }: Pick<Dependencies, "ledger" | "clock">,
  order: RunnerOrder,
  seen: {
    readonly free: FreeSlot;
    readonly queued: readonly QueuedProject[];
    readonly dispatchedAt?: Time | undefined;
  },
): Promise<boolean> => {
  const { free, queued, dispatchedAt } = seen;
  const isDispatched = dispatchedAt !== undefined && clock.now() - dispatchedAt <= UNDER_WAY_MILLISECONDS;
  return !isDispatched && yieldsToOthers(ledger, order, queued, free.left);
};

/**
 * Reads the job's next step and, at once with it, what the slots and the queues show: a job that is new needs both. One
 * that waits is looked at anew, since a slot may have become free between the two.
 *
 * @param firstShard see `findSlot`
 * @param again see `nextStep`
 */
export const readStepAndSlots = async (
  { ledger, clock }: Pick<Dependencies, "ledger" | "clock">,
  order: RunnerOrder,
  firstShard: number,
  again: number | undefined,
) => {
  const read = (): Promise<SlotsAndQueues> => readSlotsAndQueues(ledger, order, firstShard);
  const early = read();
  // Its failure counts where it is used.
  early.catch(() => undefined);
  const step = await readNextStep(ledger, order, () => clock.now(), again);
  return { step, read: step.kind === "open" ? () => early : read };
};
