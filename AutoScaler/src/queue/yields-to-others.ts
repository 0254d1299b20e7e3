import { type QueuedProject, queuedProjects, queueName } from "../../../Core/ledger/queues";
import type { OrderedAttempt } from "../../../Core/model/ledger";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import type { Ledger } from "../ports";
import { SlotCheck } from "./slot-check";

/** Projects whose queues are looked at: more than that wait seldom, and then the first ones are enough. */
const MAX_PROJECTS = 50;
/** An index shows for a moment who has left the queue: so many are read again by their keys. */
const MAX_CONFIRMED = 8;

/** The projects whose jobs wait. */
export const readQueued = (ledger: Ledger): Promise<readonly QueuedProject[]> =>
  queuedProjects(ledger, MAX_PROJECTS);

const slotQueues = ({ projectId, queues }: QueuedProject): readonly string[] =>
  queues.filter(({ waitingFor }) => waitingFor === "slot").map((kind) => queueName(projectId, kind));

const stillWaits = async (ledger: Ledger, { jobId, attempt }: OrderedAttempt): Promise<boolean> =>
  (await ledger.attempts(jobId)).some((one) => one.attempt === attempt && one.state === "WAITING");

/** Others that wait in a queue and that a slot would serve, at most so many. */
const inQueue = async (
  ledger: Ledger,
  check: SlotCheck,
  queue: string,
  jobId: number,
  limit: number,
): Promise<readonly OrderedAttempt[]> => {
  const others = (await ledger.waiting(queue, limit + 1)).filter((one) => one.jobId !== jobId);
  const [first] = others;
  return first !== undefined && (await check.hasSlotFor(first.order)) ? others.slice(0, limit) : [];
};

const confirmed = async (ledger: Ledger, others: readonly OrderedAttempt[]): Promise<number> => {
  const asked = others.slice(0, MAX_CONFIRMED);
  const waits = await Promise.all(asked.map((one) => stillWaits(ledger, one)));
  return others.length - waits.filter((each) => !each).length;
};

/**
 * Whether a job that has just come leaves the free slots to those that wait: they are dispatched already, or will be.
 * Without this, whoever sends the most webhooks gets every slot that becomes free.
 *
 * @param queued what `readQueued` read
 * @param left how many slots are free for the order
 */
export const yieldsToOthers = async (
  ledger: Ledger,
  order: RunnerOrder,
  queued: readonly QueuedProject[],
  left: number,
): Promise<boolean> => {
  const queues = queued.flatMap(slotQueues);
  const check = new SlotCheck(ledger);
  const others: OrderedAttempt[] = [];
  for (const queue of queues) {
    others.push(...(await inQueue(ledger, check, queue, order.jobId, left - others.length)));
    if (others.length >= left) return (await confirmed(ledger, others)) >= left;
  }
  return false;
};
