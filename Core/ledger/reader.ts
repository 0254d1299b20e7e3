import { log } from "../log";
import type { Attempt, OrderedAttempt, OrphanInstance, Runner, Time } from "../model/ledger";
import type { Page } from "../page";
import {
  decodeAttempt,
  decodeFields,
  decodeOrderedAttempt,
  decodeOrphan,
  decodeRunner,
  encode,
} from "./codec";
import {
  listPk,
  OPEN_INDEX,
  OPEN_ORPHANS,
  type OpenKind,
  openPks,
  orphanKey,
  RESOURCE_INDEX,
  ROTATION,
  recordKey,
  runnerKey,
  SHARDS,
  slotKey,
  slotLimitKey,
  slotsPk,
  waitingPk,
} from "./keys";
import { type Item, partition, type TableReads } from "./table-reads";

/** A small versioned record beside the items: reconciler state, EC2's launch rate, a project's queues. */
export interface StateRecord {
  readonly name: string;
  readonly version: number;
  readonly value: unknown;
  /** Its place in the rotation; absent: it has none. */
  readonly rotation?: Time;
  /** Name of the list that it is in; absent: none. Written, and not read back. */
  readonly list?: string;
  /** Seconds since 1970 after which DynamoDB removes it; absent: it is kept. Written, and not read back. */
  readonly ttl?: number;
}

/** How much of a limit is taken. */
export interface SlotCounters {
  /** `SHARDS` numbers. */
  readonly taken: readonly number[];
  /** The limit that a pass stored for the scope; absent: none. */
  readonly limit?: number;
}

/** Read access to the ledger. */
export interface LedgerReader {
  /** All attempts of a job, first to last; consistent. */
  attempts(jobId: number): Promise<readonly Attempt[]>;
  /** Consistent. */
  runner(runnerId: number): Promise<Runner | undefined>;
  /** Consistent. */
  orphan(instanceId: string): Promise<OrphanInstance | undefined>;
  /** The runner, or else the orphan, of an instance: found in an index, then read consistently. */
  byResource(resourceId: string): Promise<Runner | OrphanInstance | undefined>;
  /** Consistent. */
  slots(scope: string): Promise<SlotCounters>;
  stateRecord(name: string): Promise<StateRecord | undefined>;
  /** Attempts in a queue (see `queueOf`), oldest `queuedAt` first. May lag behind by a moment. */
  waiting(queue: string, limit: number): Promise<readonly OrderedAttempt[]>;
  /** Records in the rotation, the lowest first. May lag. */
  rotation(limit: number): Promise<readonly StateRecord[]>;
  /** Records of a list, by name; at most some hundreds. May lag. */
  listed(list: string): Promise<readonly StateRecord[]>;
  /** Attempts that are neither in the queue, ENDED nor FAILED. May lag, as do the next two. */
  openAttempts(cursor?: string): Promise<Page<Attempt>>;
  /** Runners not GONE, or with a record to delete. */
  openRunners(cursor?: string): Promise<Page<Runner>>;
  /** Orphans not GONE. */
  openOrphans(cursor?: string): Promise<Page<OrphanInstance>>;
}

const PAGE_SIZE = 500;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown error");

/** One unreadable item must not hide the others (I-24). The log names it. */
const readable = <Read>(items: readonly Item[], decode: (item: Item) => Read): Read[] =>
  items.flatMap((item) => {
    try {
      return [decode(item)];
    } catch (error) {
      const reason = reasonOf(error);
      log.error("LEDGER_ITEM_UNREADABLE", { pk: item.pk?.S ?? "", sk: item.sk?.S ?? "", reason });
      return [];
    }
  });

const stateRecord = (name: string, item: Item | undefined): StateRecord | undefined => {
  if (item === undefined) return undefined;
  const { version, value, rotation } = decodeFields(item);
  return { name, version: Number(version), value, ...(typeof rotation === "number" ? { rotation } : {}) };
};

const recordInIndex = (item: Item): StateRecord | undefined =>
  stateRecord(item.pk?.S?.slice(recordKey("").pk.length) ?? "", item);

const counters = (scope: string, items: readonly Item[]): SlotCounters => {
  const stored = new Map(items.map(decodeFields).map((fields) => [fields.sk, fields]));
  const { limit } = stored.get(slotLimitKey(scope).sk) ?? {};
  return {
    taken: Array.from({ length: SHARDS }, (_, shard) =>
      Number(stored.get(slotKey(scope, shard).sk)?.taken ?? 0),
    ),
    ...(typeof limit === "number" ? { limit } : {}),
  };
};

/** A key of the index and where its list goes on; undefined: at its start. */
type KeyCursor = readonly [openPk: string, cursor: string | undefined];

const fromStart = (openPk: string): KeyCursor => [openPk, undefined];

/** Only what `openShards` wrote comes back here. */
const cursorsIn = (cursor: string): readonly KeyCursor[] => JSON.parse(cursor) as readonly KeyCursor[];

/**
 * Reads the ledger table: keys `pk` and `sk`, indexes `open` (openPk, openSk) and `resource` (resourceId).
 * Reads by key are consistent (F-20); index reads lag a little.
 *
 * @throws ConfigurationError if an item read by its key is unreadable; also the errors of `table`
 */
export const readerOf = (table: TableReads): LedgerReader => {
  const open = async <Read>(
    openPk: string,
    decode: (item: Item) => Read,
    limit: number,
    cursor?: string,
  ): Promise<Page<Read>> => {
    const answer = await table.query({
      IndexName: OPEN_INDEX,
      KeyConditionExpression: "openPk = :openPk",
      ExpressionAttributeValues: { ":openPk": { S: openPk } },
      Limit: limit,
      ...(cursor === undefined ? {} : { ExclusiveStartKey: encode(JSON.parse(cursor)) }),
    });
    const items = readable(answer.Items ?? [], decode);
    const last = answer.LastEvaluatedKey;
    return last === undefined ? { items } : { items, next: JSON.stringify(decodeFields(last)) };
  };
  /** A page of each key of a kind; the cursor says where those go on that have more. */
  const openShards = async <Read>(
    kind: OpenKind,
    decode: (item: Item) => Read,
    cursor?: string,
  ): Promise<Page<Read>> => {
    const from = cursor === undefined ? openPks(kind).map(fromStart) : cursorsIn(cursor);
    const pages = await Promise.all(from.map(([key, start]) => open(key, decode, PAGE_SIZE, start)));
    const left = pages.flatMap(({ next }, index) => {
      const key = from[index]?.[0];
      return key === undefined || next === undefined ? [] : [[key, next] as const];
    });
    const items = pages.flatMap((page) => page.items);
    return left.length === 0 ? { items } : { items, next: JSON.stringify(left) };
  };
  /** As many as asked for, on however many pages they come. */
  const first = async <Read>(
    openPk: string,
    decode: (item: Item) => Read,
    limit: number,
  ): Promise<readonly Read[]> => {
    const items: Read[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<Read> = await open(openPk, decode, limit - items.length, cursor);
      for (const item of page.items) items.push(item);
      cursor = page.next;
    } while (cursor !== undefined && items.length < limit);
    return items;
  };
  const get = async (key: { readonly pk: string; readonly sk: string }): Promise<Item | undefined> =>
    (await table.get({ Key: encode({ ...key }), ConsistentRead: true })).Item;
  const runner = async (runnerId: number): Promise<Runner | undefined> => {
    const item = await get(runnerKey(runnerId));
    return item && decodeRunner(item);
  };
  const orphan = async (instanceId: string): Promise<OrphanInstance | undefined> => {
    const item = await get(orphanKey(instanceId));
    return item && decodeOrphan(item);
  };

  return {
    runner,
    orphan,
    attempts: async (jobId) => (await partition(table, `job#${jobId}`)).map(decodeAttempt),
    byResource: async (resourceId) => {
      const answer = await table.query({
        IndexName: RESOURCE_INDEX,
        KeyConditionExpression: "resourceId = :resourceId",
        FilterExpression: "kind = :runner OR kind = :orphan",
        ExpressionAttributeValues: {
          ":resourceId": { S: resourceId },
          ":runner": { S: "runner" },
          ":orphan": { S: "orphan" },
        },
      });
      const items = answer.Items ?? [];
      const [found] = readable(
        items.filter(({ kind }) => kind?.S === "runner"),
        decodeRunner,
      );
      if (found !== undefined) return runner(found.runnerId);
      return items.some(({ kind }) => kind?.S === "orphan") ? orphan(resourceId) : undefined;
    },
    slots: async (scope) => counters(scope, await partition(table, slotsPk(scope))),
    stateRecord: async (name) => stateRecord(name, await get(recordKey(name))),
    waiting: (queue, limit) => first(waitingPk(queue), decodeOrderedAttempt, limit),
    rotation: async (limit) =>
      (await first(ROTATION, recordInIndex, limit)).filter((each) => each !== undefined),
    listed: async (list) =>
      (await first(listPk(list), recordInIndex, PAGE_SIZE)).filter((each) => each !== undefined),
    openAttempts: (cursor) => openShards("attempts", decodeAttempt, cursor),
    openOrphans: (cursor) => open(OPEN_ORPHANS, decodeOrphan, PAGE_SIZE, cursor),
    openRunners: (cursor) => openShards("runners", decodeRunner, cursor),
  };
};
