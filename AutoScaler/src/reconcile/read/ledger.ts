import { readClasses } from "../../../../Core/ledger/known-classes";
import type { OrderedAttempt } from "../../../../Core/model/ledger";
import type { Ledger, Page } from "../../ports";
import type { Snapshot } from "../snapshot";

/** Of a class's queue: whoever is not in it is asked for one by one, so it has to hold a very long one. */
export const QUEUE_LENGTH = 20_000;

/** Far above what is open at a time; a list without end must not hold the reconciler. */
const MAX_PAGES = 400;

export const allPages = async <Item>(
  read: (cursor?: string) => Promise<Page<Item>>,
  mostPages = MAX_PAGES,
): Promise<Item[]> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const { items: more, next } = await read(cursor);
    for (const item of more) items.push(item);
    if (next === undefined) break;
    cursor = next;
  }
  return items;
};

const readWaiting = async (ledger: Ledger): Promise<OrderedAttempt[]> => {
  const { names } = await readClasses(ledger);
  const queues = await Promise.all(names.map((name) => ledger.waiting(name, QUEUE_LENGTH)));
  return queues.flat();
};

export type OpenItems = Pick<Snapshot, "attempts" | "runners" | "orphans" | "waiting">;

/** The ledger's open items. Who is in the queue with a runner is no WAITING attempt, but as open as the others. */
export const readLedger = async (ledger: Ledger): Promise<OpenItems> => {
  const [attempts, runners, orphans, queue] = await Promise.all([
    allPages((cursor) => ledger.openAttempts(cursor)),
    allPages((cursor) => ledger.openRunners(cursor)),
    allPages((cursor) => ledger.openOrphans(cursor)),
    readWaiting(ledger),
  ]);
  const isWaiting = ({ state }: OrderedAttempt): boolean => state === "WAITING";
  const created = queue.filter((attempt) => !isWaiting(attempt));
  return { attempts: [...attempts, ...created], runners, orphans, waiting: queue.filter(isWaiting) };
};
