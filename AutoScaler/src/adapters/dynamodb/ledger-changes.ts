import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { encode, encodeItem } from "../../../../Core/ledger/codec";
import {
  itemKey,
  type Key,
  recordIndexKey,
  recordKey,
  slotKey,
  slotLimitKey,
} from "../../../../Core/ledger/keys";
import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import { usageKey } from "../../../../Core/usage/usage-key";
import type { LedgerChange } from "../../ports";

type Count = Extract<LedgerChange, { readonly count: unknown }>["count"];

interface Tables {
  readonly ledger: string;
  /** Set only in functions that create runners. */
  readonly bootstrap?: string;
}

/** Version 1 requires that there is no item yet. Any other version replaces the version before it. */
const versionCondition = (version: number) =>
  version === 1
    ? { ConditionExpression: "attribute_not_exists(pk)" }
    : {
        ConditionExpression: "version = :before",
        ExpressionAttributeValues: encode({ ":before": version - 1 }),
      };

const add = (TableName: string, key: Key, difference: number): TransactWriteItem => ({
  Update: {
    TableName,
    Key: encode({ ...key }),
    UpdateExpression: "ADD taken :difference",
    ExpressionAttributeValues: encode({ ":difference": difference }),
  },
});

const take = (TableName: string, key: Key, limit: number): TransactWriteItem => ({
  Update: {
    ...add(TableName, key, 1).Update,
    TableName,
    Key: encode({ ...key }),
    UpdateExpression: "ADD taken :difference",
    // A counter without an item counts as zero. A limit of zero must refuse that too.
    ConditionExpression: limit > 0 ? "attribute_not_exists(taken) OR taken < :limit" : "taken < :limit",
    ExpressionAttributeValues: encode({ ":difference": 1, ":limit": limit }),
  },
});

/** Names like `wait:slot` are no attribute names of an expression, so all have placeholders. */
const count = (TableName: string, { key, add: numbers, ttl }: Count): TransactWriteItem => {
  const fields = Object.entries(numbers);
  const adds = fields.map((_, index) => `#f${index} :f${index}`).join(", ");
  return {
    Update: {
      TableName,
      Key: encode({ ...usageKey(key) }),
      UpdateExpression: `ADD ${adds} SET #ttl = :ttl`,
      ExpressionAttributeNames: {
        ...Object.fromEntries(fields.map(([name], index) => [`#f${index}`, name])),
        "#ttl": "ttl",
      },
      ExpressionAttributeValues: encode({
        ...Object.fromEntries(fields.map(([, value], index) => [`:f${index}`, value])),
        ":ttl": ttl,
      }),
    },
  };
};

const putRow = (tables: Tables, row: BootstrapRow): TransactWriteItem => {
  if (tables.bootstrap === undefined) throw new Error("This ledger was made without a bootstrap table");
  return { Put: { TableName: tables.bootstrap, Item: encode({ ...row }) } };
};

/** A ledger change as a write of a DynamoDB transaction. */
export const transactItem = (tables: Tables, change: LedgerChange): TransactWriteItem => {
  const TableName = tables.ledger;
  if ("put" in change) {
    return { Put: { TableName, Item: encodeItem(change.put), ...versionCondition(change.put.version) } };
  }
  if ("check" in change) {
    return {
      ConditionCheck: {
        TableName,
        Key: encode({ ...itemKey(change.check) }),
        ConditionExpression: "version = :version",
        ExpressionAttributeValues: encode({ ":version": change.check.version }),
      },
    };
  }
  if ("take" in change) {
    return take(TableName, slotKey(change.take.scope, change.take.shard), change.take.limit);
  }
  if ("slotLimit" in change) {
    const { scope, limit } = change.slotLimit;
    return { Put: { TableName, Item: encode({ ...slotLimitKey(scope), limit }) } };
  }
  if ("releaseSlot" in change) {
    return add(TableName, slotKey(change.releaseSlot.scope, change.releaseSlot.shard), -1);
  }
  if ("count" in change) return count(TableName, change.count);
  if ("bootstrap" in change) return putRow(tables, change.bootstrap);
  const { name, list: _, ...fields } = change.stateRecord;
  const Item = encode({ ...recordKey(name), ...fields, ...recordIndexKey(change.stateRecord) });
  return { Put: { TableName, Item, ...versionCondition(fields.version) } };
};
