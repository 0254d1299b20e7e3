import { allWaiting, type QueuedProject, queuedProjects } from "../../../../Core/ledger/queues";
import type { OrderedAttempt } from "../../../../Core/model/ledger";
import type { Ledger, Page } from "../../ports";
import type { Part } from "../parts";
import type { Snapshot } from "../snapshot";
import { inPortions } from "./portions";

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

/** Each has a queue or two, and each queue is one read. */
const PROJECTS_AT_ONCE = 25;

export type OpenItems = Pick<
  Snapshot,
  "attempts" | "runners" | "orphans" | "waiting" | "queued" | "unreadQueues"
>;

/** A project whose queues cannot be read does not stop the others (I-24): a pass reads a hundred of them. */
const readQueues = async (ledger: Ledger, queued: readonly QueuedProject[], part: Part) => {
  const queue: OrderedAttempt[] = [];
  const unreadQueues = new Set<number>();
  await inPortions(queued, PROJECTS_AT_ONCE, async (project) => {
    const read = () => allWaiting(ledger, [project], QUEUE_LENGTH);
    const found = await part("queue", undefined, read, project.projectId);
    if (found === undefined) unreadQueues.add(project.projectId);
    for (const attempt of found ?? []) queue.push(attempt);
  });
  return { queue, unreadQueues };
};

/** Reads the open items. A queued attempt that already has a runner counts as open, not as WAITING. */
export const readLedger = async (ledger: Ledger, part: Part): Promise<OpenItems> => {
  const [attempts, runners, orphans, queued] = await Promise.all([
    allPages((cursor) => ledger.openAttempts(cursor)),
    allPages((cursor) => ledger.openRunners(cursor)),
    allPages((cursor) => ledger.openOrphans(cursor)),
    queuedProjects(ledger, MAX_QUEUED_PROJECTS),
  ]);
  const { queue, unreadQueues } = await readQueues(ledger, queued, part);
  const isWaiting = ({ state }: OrderedAttempt): boolean => state === "WAITING";
  const created = queue.filter((attempt) => !isWaiting(attempt));
  const waiting = queue.filter(isWaiting);
  return { attempts: [...attempts, ...created], runners, orphans, waiting, queued, unreadQueues };
};
