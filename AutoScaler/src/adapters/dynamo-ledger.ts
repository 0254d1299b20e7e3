import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from "@aws-sdk/client-dynamodb";
import type { Attempt, OrderedAttempt, OrphanInstance, Runner } from "../../../Core/ledger";
import { log } from "../../../Core/log";
import { type Ledger, type Note, type Page, SHARDS } from "../domain/ports";
import { callAws, errorName } from "./aws-errors";
import { transactItem } from "./ledger-changes";
import {
  decodeAttempt,
  decodeFields,
  decodeOrderedAttempt,
  decodeOrphan,
  decodeRunner,
  encode,
} from "./ledger-codec";
import {
  type Key,
  noteKey,
  OPEN_ATTEMPTS,
  OPEN_INDEX,
  OPEN_ORPHANS,
  OPEN_RUNNERS,
  orphanKey,
  placesPk,
  RESOURCE_INDEX,
  runnerKey,
  waitingPk,
} from "./ledger-keys";
import { nextMoment } from "./next-moment";
import { type Patience, transact } from "./transact";

type Item = Record<string, AttributeValue>;

export interface DynamoLedgerOptions extends Patience {
  readonly table: string;
  /** Where runners' tokens wait; only functions that create runners name it. */
  readonly bootstrapTable?: string;
}

const PAGE_SIZE = 500;

/** One item that cannot be read must not hide the others (I-24); it is named in the log. */
const readable = <Read>(items: readonly Item[], decode: (item: Item) => Read): Read[] =>
  items.flatMap((item) => {
    try {
      return [decode(item)];
    } catch (error) {
      const reason = error instanceof Error ? error.message : errorName(error);
      log.error("LEDGER_ITEM_UNREADABLE", { pk: item.pk?.S ?? "", sk: item.sk?.S ?? "", reason });
      return [];
    }
  });

const note = (name: string, item: Item | undefined): Note | undefined => {
  if (item === undefined) return undefined;
  const { version, value } = decodeFields(item);
  return { name, version: Number(version), value };
};

/**
 * The ledger in DynamoDB: AutoScaler's ledger table, keys `pk` and `sk`, indexes `open` (openPk, openSk) and
 * `resource` (resourceId). Reads by key are consistent (F-20); index reads lag by a moment.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const dynamoLedger = (
  client: Pick<DynamoDBClient, "send">,
  { table, bootstrapTable, ...patience }: DynamoLedgerOptions,
): Ledger => {
  const TableName = table;
  const tables = { ledger: table, ...(bootstrapTable === undefined ? {} : { bootstrap: bootstrapTable }) };

  const get = async (key: Key): Promise<Item | undefined> => {
    const command = new GetItemCommand({ TableName, Key: encode({ ...key }), ConsistentRead: true });
    return (await callAws(`GetItem on ${table}`, () => client.send(command))).Item;
  };
  const query = (input: Omit<QueryCommandInput, "TableName">) =>
    callAws(`Query on ${table}`, () => client.send(new QueryCommand({ TableName, ...input })));

  /** A job has three attempts and a scope SHARDS counters: one page holds them. */
  const partition = async (pk: string): Promise<Item[]> => {
    const answer = await query({
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: pk } },
      ConsistentRead: true,
    });
    return answer.Items ?? [];
  };
  const open = async <Read>(
    openPk: string,
    decode: (item: Item) => Read,
    limit: number,
    cursor?: string,
  ): Promise<Page<Read>> => {
    const answer = await query({
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
    attempts: async (jobId): Promise<readonly Attempt[]> =>
      (await partition(`job#${jobId}`)).map(decodeAttempt),
    byResource: async (resourceId) => {
      const answer = await query({
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
    places: async (scope) => {
      const counters = (await partition(placesPk(scope))).map(decodeFields);
      const taken = new Map(counters.map(({ sk, taken }) => [sk, Number(taken)]));
      return Array.from(
        { length: SHARDS },
        (_, shard) => taken.get(`shard#${String(shard).padStart(2, "0")}`) ?? 0,
      );
    },
    note: async (name) => note(name, await get(noteKey(name))),
    commit: (changes) =>
      transact(
        client,
        changes.map((change) => transactItem(tables, change)),
        patience,
      ),
    nextMoment: (row, moments) => nextMoment(client, table, row, moments),
    waiting: async (classKey, limit) => {
      const items: OrderedAttempt[] = [];
      let cursor: string | undefined;
      do {
        const page = await open(waitingPk(classKey), decodeOrderedAttempt, limit - items.length, cursor);
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined && items.length < limit);
      return items;
    },
    openAttempts: (cursor) => open(OPEN_ATTEMPTS, decodeAttempt, PAGE_SIZE, cursor),
    openOrphans: (cursor) => open(OPEN_ORPHANS, decodeOrphan, PAGE_SIZE, cursor),
    openRunners: (cursor) => open(OPEN_RUNNERS, decodeRunner, PAGE_SIZE, cursor),
  };
};
