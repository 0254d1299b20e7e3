import { readClasses } from "../../Core/ledger/known-classes";
import { type LedgerReader, readerOf } from "../../Core/ledger/reader";
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

/** Keys of the classes in which jobs have waited. */
export const classesWithQueues = async (ledger: LedgerReader): Promise<readonly string[]> =>
  (await readClasses(ledger)).names;

export const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
