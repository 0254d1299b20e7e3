import { allWaiting, queuedProjects } from "../../../../Core/ledger/queues";
import type { OrderedAttempt } from "../../../../Core/model/ledger";
import type { Ledger, Page } from "../../ports";
import type { Snapshot } from "../snapshot";

/** Jobs read from one queue. It is large, since each job not read costs a call of its own. */
export const QUEUE_LENGTH = 20_000;

/** Far more than are ever open at once. It keeps an endless list from blocking the reconciler. */
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

/** Far above how many projects have queues at a time. */
const MAX_QUEUED_PROJECTS = 10_000;

export type OpenItems = Pick<Snapshot, "attempts" | "runners" | "orphans" | "waiting" | "queued">;

/** Reads the open items. A queued attempt that already has a runner counts as open, not as WAITING. */
export const readLedger = async (ledger: Ledger): Promise<OpenItems> => {
  const [attempts, runners, orphans, queued] = await Promise.all([
    allPages((cursor) => ledger.openAttempts(cursor)),
    allPages((cursor) => ledger.openRunners(cursor)),
    allPages((cursor) => ledger.openOrphans(cursor)),
    queuedProjects(ledger, MAX_QUEUED_PROJECTS),
  ]);
  const queue = await allWaiting(ledger, queued, QUEUE_LENGTH);
  const isWaiting = ({ state }: OrderedAttempt): boolean => state === "WAITING";
  const created = queue.filter((attempt) => !isWaiting(attempt));
  const waiting = queue.filter(isWaiting);
  return { attempts: [...attempts, ...created], runners, orphans, waiting, queued };
};
