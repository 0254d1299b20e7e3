import { dynamoLedger } from "../../AutoScaler/src/adapters/dynamo-ledger";
import type { Ledger, Page } from "../../AutoScaler/src/domain/ports";
import { readClasses } from "../../AutoScaler/src/domain/wait-in-line";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";

/** What the command line may do with the ledger: look. */
export type LedgerReader = Omit<Ledger, "commit" | "nextMoment">;

/** The deployment's ledger, read by AutoScaler's own adapter. */
export const ledgerReader = (context: Context, deployment: Deployment): LedgerReader =>
  dynamoLedger(context.clients.dynamoDb(), {
    table: output(deployment, "LedgerTableName"),
    clock: context,
    random: Math.random,
  });

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
export const classesWithLines = async (ledger: LedgerReader): Promise<readonly string[]> =>
  (await readClasses(ledger)).names;

export const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
