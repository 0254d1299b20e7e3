import { defined } from "../../../../Core/defined";
import { queueOf } from "../../../../Core/ledger/queues";
import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import {
  type Attempt,
  isOrdered,
  isQueued,
  type LedgerItem,
  type OrderedAttempt,
  type OrphanInstance,
  type Runner,
} from "../../../../Core/model/ledger";
import { usageKey } from "../../../../Core/usage/usage-key";
import type { UsageCount } from "../../../../Core/usage/usage-reader";
import type { Ledger, LedgerChange, StateRecord, UsageRows } from "../../ports";
import { SHARDS } from "../../ports";
import { reservationRows } from "./reservation-rows";
import { sorted } from "./sorted";
import { usageCounts } from "./usage-counts";

export interface FakeLedger extends Ledger {
  /** The table's items by key, for tests to check. */
  readonly items: Map<string, LedgerItem>;
  readonly stateRecords: Map<string, StateRecord>;
  readonly bootstrapRows: Map<string, BootstrapRow>;
  /** What was counted, by key. */
  readonly counts: Map<string, UsageCount>;
  readonly usage: UsageRows;
  /** Sum of a scope's counters. */
  taken(scope: string): number;
  /** Number of commits that wrote and of reservations that were given. */
  writes: number;
  /** Items of a page of the lists of open items. */
  pageSize: number;
}

const MAX_CHANGES = 100;

const itemKey = (item: LedgerItem): string => {
  if (item.kind === "orphan") return `orphan#${item.resourceId}`;
  return item.kind === "attempt" ? `job#${item.jobId}/${item.attempt}` : `runner#${item.runnerId}`;
};

const changeKey = (change: LedgerChange): string => {
  if ("put" in change) return itemKey(change.put);
  if ("check" in change) return itemKey(change.check);
  if ("stateRecord" in change) return `state#${change.stateRecord.name}`;
  if ("bootstrap" in change) return `bootstrap#${change.bootstrap.key}`;
  if ("count" in change) return Object.values(usageKey(change.count.key)).join("/");
  if ("slotLimit" in change) return `slots#${change.slotLimit.scope}/limit`;
  const slot = "take" in change ? change.take : change.releaseSlot;
  return `slots#${slot.scope}/${slot.shard}`;
};

/** DynamoDB refuses a transaction with too many actions, or with two on one item. */
const refuseMalformed = (changes: readonly LedgerChange[]): void => {
  const keys = changes.map(changeKey);
  if (keys.length === 0 || keys.length > MAX_CHANGES)
    throw new Error(`${keys.length} changes in a transaction`);
  if (new Set(keys).size !== keys.length) throw new Error(`Two changes of one item: ${keys.join(", ")}`);
};

const isOpenAttempt = (item: Attempt): boolean =>
  !isQueued(item) && !["ENDED", "FAILED"].includes(item.state);
const isOpenRunner = (item: Runner): boolean => item.state !== "GONE" || item.recordDeletedAt === undefined;

const digits = (...numbers: readonly number[]): string =>
  numbers.map((number) => String(number).padStart(16, "0")).join("#");

/** The table's indexes, updated with every write. */
const indexes = () => {
  const openAttempts = sorted<Attempt>();
  const openRunners = sorted<Runner>();
  const openOrphans = sorted<OrphanInstance>();
  const waiting = new Map<string, ReturnType<typeof sorted<OrderedAttempt>>>();
  const byResource = new Map<string, number>();

  const queue = (name: string): ReturnType<typeof sorted<OrderedAttempt>> => {
    const found = waiting.get(name) ?? sorted<OrderedAttempt>();
    waiting.set(name, found);
    return found;
  };
  const queueKey = ({ order, jobId, attempt }: OrderedAttempt): string =>
    digits(order.queuedAt, jobId, attempt);
  const attemptKey = ({ jobId, attempt }: Attempt): string => digits(jobId, attempt);

  return {
    openAttempts,
    openRunners,
    openOrphans,
    queue,
    byResource,
    removed: (item: LedgerItem): void => {
      if (item.kind === "orphan") {
        openOrphans.delete(item.resourceId);
        return;
      }
      if (item.kind === "runner") {
        openRunners.delete(digits(item.runnerId));
        return;
      }
      openAttempts.delete(attemptKey(item));
      if (item.order) queue(queueOf(item)).delete(queueKey(item));
    },
    added: (item: LedgerItem): void => {
      if (item.kind === "orphan") {
        if (item.state !== "GONE") openOrphans.set(item.resourceId, item);
        return;
      }
      if (item.kind === "attempt") {
        if (isOpenAttempt(item)) openAttempts.set(attemptKey(item), item);
        if (isQueued(item) && isOrdered(item)) queue(queueOf(item)).set(queueKey(item), item);
        return;
      }
      if (isOpenRunner(item)) openRunners.set(digits(item.runnerId), item);
      if (item.resourceId !== undefined) byResource.set(item.resourceId, item.runnerId);
    },
  };
};

const ATTEMPTS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * The ledger in memory: a commit checks every condition before it writes anything.
 *
 * @param bootstrapRows the bootstrap table, when a fake of it shares the rows
 */
export const fakeLedger = (bootstrapRows = new Map<string, BootstrapRow>()): FakeLedger => {
  const items = new Map<string, LedgerItem>();
  const stateRecords = new Map<string, StateRecord>();
  const counters = new Map<string, number[]>();
  const slotLimits = new Map<string, number>();
  const counts = (scope: string): number[] => counters.get(scope) ?? Array<number>(SHARDS).fill(0);
  const add = (scope: string, shard: number, difference: number): void => {
    counters.set(
      scope,
      counts(scope).map((count, index) => (index === shard ? count + difference : count)),
    );
  };
  const index = indexes();
  const rotation = sorted<StateRecord>();
  const reservations = reservationRows();
  const usage = usageCounts();
  const runner = (runnerId: number): Runner | undefined => {
    const item = items.get(`runner#${runnerId}`);
    return item?.kind === "runner" ? item : undefined;
  };
  const orphan = (instanceId: string): OrphanInstance | undefined => {
    const item = items.get(`orphan#${instanceId}`);
    return item?.kind === "orphan" ? item : undefined;
  };
  const put = (item: LedgerItem): void => {
    const before = items.get(itemKey(item));
    if (before !== undefined) index.removed(before);
    const stored = structuredClone(item);
    items.set(itemKey(item), stored);
    index.added(stored);
  };

  const rotationKeyOf = ({ rotation = 0, name }: StateRecord): string => `${digits(rotation)}#${name}`;
  const putRecord = (record: StateRecord): void => {
    const before = stateRecords.get(record.name);
    if (before !== undefined) rotation.delete(rotationKeyOf(before));
    const stored = structuredClone(record);
    stateRecords.set(record.name, stored);
    if (stored.rotation !== undefined) rotation.set(rotationKeyOf(stored), stored);
  };

  const holds = (change: LedgerChange): boolean => {
    if ("put" in change) return (items.get(itemKey(change.put))?.version ?? 0) === change.put.version - 1;
    if ("check" in change) return items.get(itemKey(change.check))?.version === change.check.version;
    if ("stateRecord" in change)
      return (stateRecords.get(change.stateRecord.name)?.version ?? 0) === change.stateRecord.version - 1;
    if ("take" in change) return (counts(change.take.scope)[change.take.shard] ?? 0) < change.take.limit;
    return true;
  };
  const write = (change: LedgerChange): void => {
    if ("put" in change) put(change.put);
    else if ("stateRecord" in change) putRecord(change.stateRecord);
    else if ("bootstrap" in change) bootstrapRows.set(change.bootstrap.key, change.bootstrap);
    else if ("count" in change) usage.add(change.count);
    else if ("slotLimit" in change) slotLimits.set(change.slotLimit.scope, change.slotLimit.limit);
    else if ("take" in change) add(change.take.scope, change.take.shard, 1);
    else if ("releaseSlot" in change) add(change.releaseSlot.scope, change.releaseSlot.shard, -1);
  };
  const ledger: FakeLedger = {
    items,
    stateRecords,
    bootstrapRows,
    counts: usage.counts,
    usage: usage.reader,
    writes: 0,
    pageSize: 100,
    taken: (scope) => counts(scope).reduce((sum, count) => sum + count, 0),
    attempts: async (jobId) =>
      ATTEMPTS.flatMap((attempt) => items.get(`job#${jobId}/${attempt}`) ?? []).filter(
        (item) => item.kind === "attempt",
      ),
    runner: async (runnerId) => runner(runnerId),
    orphan: async (instanceId) => orphan(instanceId),
    byResource: async (resourceId) => runner(index.byResource.get(resourceId) ?? 0) ?? orphan(resourceId),
    slots: async (scope) => ({ taken: [...counts(scope)], ...defined({ limit: slotLimits.get(scope) }) }),
    stateRecord: async (name) => stateRecords.get(name),
    commit: async (changes) => {
      refuseMalformed(changes);
      if (!changes.every(holds)) return false;
      changes.forEach(write);
      ledger.writes += 1;
      return true;
    },
    reserve: async (row, asked) => {
      const time = reservations.next(row, asked);
      if (time !== undefined) ledger.writes += 1;
      return time;
    },
    waiting: async (queue, limit) => index.queue(queue).page(limit).items,
    rotation: async (limit) => rotation.page(limit).items,
    listed: async (list) => [...stateRecords.values()].filter((record) => record.list === list),
    openAttempts: async (cursor) => index.openAttempts.page(ledger.pageSize, cursor),
    openOrphans: async (cursor) => index.openOrphans.page(ledger.pageSize, cursor),
    openRunners: async (cursor) => index.openRunners.page(ledger.pageSize, cursor),
  };
  return ledger;
};
