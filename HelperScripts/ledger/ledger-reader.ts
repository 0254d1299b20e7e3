import { allWaiting, queuedProjects } from "../../Core/ledger/queues";
import { type LedgerReader, readerOf } from "../../Core/ledger/reader";
import type { OrderedAttempt } from "../../Core/model/ledger";
import type { Page } from "../../Core/page";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { tableReads } from "../table-reads";

/** The deployment's ledger: what the command line may do with it is look. */
export const ledgerReader = (context: Context, deployment: Deployment): LedgerReader =>
  readerOf(tableReads(context.clients.dynamoDb(), output(deployment, "LedgerTableName")));

/** All pages, one after the other. */
export const all = async <Item>(read: (cursor?: string) => Promise<Page<Item>>): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await read(cursor);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return items;
};

const MAX_PROJECTS = 10_000;

/**
 * All that wait.
 *
 * @param limit of each queue
 */
export const waitingAttempts = async (
  ledger: LedgerReader,
  limit: number,
): Promise<readonly OrderedAttempt[]> =>
  allWaiting(ledger, await queuedProjects(ledger, MAX_PROJECTS), limit);

export const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
