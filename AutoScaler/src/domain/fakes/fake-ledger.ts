import type { BootstrapRow } from "../../../../Core/bootstrap-row";
import type { Attempt, Runner } from "../../../../Core/ledger";
import type { Change, Ledger, Note, Page } from "../ports";
import { SHARDS } from "../ports";

export interface FakeLedger extends Ledger {
  /** What lies in the table, by key; for a test to look at. */
  readonly items: Map<string, Attempt | Runner>;
  readonly notes: Map<string, Note>;
  readonly bootstrapRows: Map<string, BootstrapRow>;
  /** Sum of a scope's counters. */
  taken(scope: string): number;
  /** Number of commits that wrote. */
  writes: number;
  /** Items on a page of the open lists. */
  pageSize: number;
}

const MAX_CHANGES = 100;

const itemKey = (item: Attempt | Runner): string =>
  item.kind === "attempt" ? `job#${item.jobId}/${item.attempt}` : `runner#${item.runnerId}`;

const changeKey = (change: Change): string => {
  if ("put" in change) return itemKey(change.put);
  if ("check" in change) return itemKey(change.check);
  if ("note" in change) return `note#${change.note.name}`;
  if ("bootstrap" in change) return `bootstrap#${change.bootstrap.key}`;
  const place = "take" in change ? change.take : change.giveBack;
  return `places#${place.scope}/${place.shard}`;
};

/** What DynamoDB itself refuses: too many actions, or two on one item. */
const refuseMalformed = (changes: readonly Change[]): void => {
  const keys = changes.map(changeKey);
  if (keys.length === 0 || keys.length > MAX_CHANGES)
    throw new Error(`${keys.length} changes in a transaction`);
  if (new Set(keys).size !== keys.length) throw new Error(`Two changes of one item: ${keys.join(", ")}`);
};

const isOpenAttempt = (item: Attempt): boolean => !["WAITING", "ENDED", "FAILED"].includes(item.state);
const isOpenRunner = (item: Runner): boolean => item.state !== "GONE" || item.recordDeletedAt === undefined;

const byKey =
  <Item>(key: (item: Item) => string) =>
  (one: Item, other: Item): number =>
    key(one) < key(other) ? -1 : 1;

const page = <Item>(
  items: readonly Item[],
  key: (item: Item) => string,
  size: number,
  cursor?: string,
): Page<Item> => {
  const rest = items.filter((item) => cursor === undefined || key(item) > cursor);
  const shown = rest.slice(0, size);
  const last = shown.at(-1);
  return rest.length > size && last !== undefined ? { items: shown, next: key(last) } : { items: shown };
};

/**
 * The ledger in memory: a commit checks every condition before it writes anything.
 *
 * @param bootstrapRows the bootstrap table, when a fake of it shares the rows
 */
export const fakeLedger = (bootstrapRows = new Map<string, BootstrapRow>()): FakeLedger => {
  const items = new Map<string, Attempt | Runner>();
  const notes = new Map<string, Note>();
  const counters = new Map<string, number[]>();
  const counts = (scope: string): number[] => counters.get(scope) ?? Array<number>(SHARDS).fill(0);
  const add = (scope: string, shard: number, difference: number): void => {
    counters.set(
      scope,
      counts(scope).map((count, index) => (index === shard ? count + difference : count)),
    );
  };
  const all = (): (Attempt | Runner)[] => [...items.values()];
  const attempts = (): Attempt[] => all().filter((item) => item.kind === "attempt");
  const runners = (): Runner[] => all().filter((item) => item.kind === "runner");

  const holds = (change: Change): boolean => {
    if ("put" in change) return (items.get(itemKey(change.put))?.version ?? 0) === change.put.version - 1;
    if ("check" in change) return items.get(itemKey(change.check))?.version === change.check.version;
    if ("note" in change) return (notes.get(change.note.name)?.version ?? 0) === change.note.version - 1;
    if ("take" in change) return (counts(change.take.scope)[change.take.shard] ?? 0) < change.take.limit;
    return true;
  };
  const write = (change: Change): void => {
    if ("put" in change) items.set(itemKey(change.put), structuredClone(change.put));
    else if ("note" in change) notes.set(change.note.name, structuredClone(change.note));
    else if ("bootstrap" in change) bootstrapRows.set(change.bootstrap.key, change.bootstrap);
    else if ("take" in change) add(change.take.scope, change.take.shard, 1);
    else if ("giveBack" in change) add(change.giveBack.scope, change.giveBack.shard, -1);
  };
  const waitingKey = (item: Attempt): string =>
    [item.order.queuedAt, item.jobId, item.attempt]
      .map((number) => String(number).padStart(16, "0"))
      .join("#");

  const ledger: FakeLedger = {
    items,
    notes,
    bootstrapRows,
    writes: 0,
    pageSize: 100,
    taken: (scope) => counts(scope).reduce((sum, count) => sum + count, 0),
    attempts: async (jobId) =>
      attempts()
        .filter((item) => item.jobId === jobId)
        .sort((one, other) => one.attempt - other.attempt),
    runner: async (runnerId) => runners().find((item) => item.runnerId === runnerId),
    runnerByResource: async (resourceId) => runners().find((item) => item.resourceId === resourceId),
    places: async (scope) => [...counts(scope)],
    note: async (name) => notes.get(name),
    commit: async (changes) => {
      refuseMalformed(changes);
      if (!changes.every(holds)) return false;
      changes.forEach(write);
      ledger.writes += 1;
      return true;
    },
    waiting: async (classKey, limit) =>
      attempts()
        .filter((item) => item.state === "WAITING" && item.classKey === classKey)
        .sort(byKey(waitingKey))
        .slice(0, limit),
    openAttempts: async (cursor) => {
      const key = (item: Attempt): string => `${String(item.jobId).padStart(16, "0")}#${item.attempt}`;
      return page(attempts().filter(isOpenAttempt).sort(byKey(key)), key, ledger.pageSize, cursor);
    },
    openRunners: async (cursor) => {
      const key = (item: Runner): string => String(item.runnerId).padStart(16, "0");
      return page(runners().filter(isOpenRunner).sort(byKey(key)), key, ledger.pageSize, cursor);
    },
  };
  return ledger;
};
