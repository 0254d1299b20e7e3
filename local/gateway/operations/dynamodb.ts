import { type Fields, isFields, mapAt, mapsAt, requireText, textAt } from "./fields";
import { leadingKeyOfQuery } from "./key-condition";
import { arnAt, type Need, type NeedsOf, type Operations, type Place, UnclearCallError } from "./need";

const tableArn = (place: Place, name: string): string =>
  name.startsWith("arn:") ? name : arnAt(place, "dynamodb", `table/${name}`);

/** A key's value as IAM compares it: the text of its one type. */
const keyText = (value: unknown): string => {
  const [text, ...others] = isFields(value) ? Object.values(value) : [];
  if (typeof text !== "string" || others.length > 0)
    throw new UnclearCallError("A key is not one typed value");
  return text;
};

const partitionKey = async (place: Place, table: string, index?: string): Promise<string> => {
  const found = await place.deployed.table(table);
  const key = index === undefined ? found?.partitionKey : found?.indexes[index];
  if (key === undefined) throw new UnclearCallError(`There is no table or index ${table} ${index ?? ""}`);
  return key;
};

const need = (
  action: string,
  resource: string,
  leadingKeys: readonly string[],
  enclosing?: string,
): Need => ({
  action: `dynamodb:${action}`,
  resource,
  context: {
    ...(leadingKeys.length > 0 ? { "dynamodb:LeadingKeys": leadingKeys } : {}),
    // AWS's reference lists no enclosing operation for a check of a condition.
    ...(enclosing === undefined || action === "ConditionCheckItem"
      ? {}
      : { "dynamodb:EnclosingOperation": enclosing }),
  },
});

/** A right on one item, which the call names by its `Key` or brings as `Item`. */
const onItem = async (action: string, fields: Fields, place: Place, enclosing?: string): Promise<Need> => {
  const table = tableArn(place, requireText(fields, "TableName"));
  const item = mapAt(fields, "Key" in fields ? "Key" : "Item");
  return need(action, table, [keyText(item[await partitionKey(place, table)])], enclosing);
};

const item =
  (action: string): NeedsOf<Fields> =>
  async (fields, place) => [await onItem(action, fields, place)];

const query: NeedsOf<Fields> = async (fields, place) => {
  const table = tableArn(place, requireText(fields, "TableName"));
  const index = textAt(fields, "IndexName");
  const key = leadingKeyOfQuery(fields, await partitionKey(place, table, index));
  return [need("Query", index === undefined ? table : `${table}/index/${index}`, [keyText(key)])];
};

const scan: NeedsOf<Fields> = (fields, place) => {
  const table = tableArn(place, requireText(fields, "TableName"));
  const index = textAt(fields, "IndexName");
  return [need("Scan", index === undefined ? table : `${table}/index/${index}`, [])];
};

/** A transaction needs the right of each of its parts. */
const TRANSACT: Readonly<Record<string, string>> = {
  ConditionCheck: "ConditionCheckItem",
  Delete: "DeleteItem",
  Get: "GetItem",
  Put: "PutItem",
  Update: "UpdateItem",
};

const transaction =
  (enclosing: string): NeedsOf<Fields> =>
  (fields, place) =>
    Promise.all(
      mapsAt(fields, "TransactItems").flatMap((part) =>
        Object.keys(part).map((kind) => {
          const action = Object.hasOwn(TRANSACT, kind) ? TRANSACT[kind] : undefined;
          if (action === undefined) throw new UnclearCallError(`A transaction has no ${kind}`);
          return onItem(action, mapAt(part, kind), place, enclosing);
        }),
      ),
    );

const batch =
  (action: string, keysOf: (entry: unknown) => readonly Fields[]): NeedsOf<Fields> =>
  (fields, place) =>
    Promise.all(
      Object.entries(mapAt(fields, "RequestItems")).map(async ([name, entry]) => {
        const table = tableArn(place, name);
        const key = await partitionKey(place, table);
        return need(
          action,
          table,
          keysOf(entry).map((one) => keyText(one[key])),
        );
      }),
    );

const getKeys = (entry: unknown): readonly Fields[] => (isFields(entry) ? mapsAt(entry, "Keys") : []);

const writeKeys = (entry: unknown): readonly Fields[] =>
  mapsAt({ entry }, "entry").map((one) =>
    "PutRequest" in one ? mapAt(mapAt(one, "PutRequest"), "Item") : mapAt(mapAt(one, "DeleteRequest"), "Key"),
  );

const onTable =
  (action: string): NeedsOf<Fields> =>
  (fields, place) => [need(action, tableArn(place, requireText(fields, "TableName")), [])];

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
export const DYNAMODB: Operations<Fields> = {
  GetItem: item("GetItem"),
  PutItem: item("PutItem"),
  UpdateItem: item("UpdateItem"),
  DeleteItem: item("DeleteItem"),
  Query: query,
  Scan: scan,
  TransactWriteItems: transaction("TransactWriteItems"),
  TransactGetItems: transaction("TransactGetItems"),
  BatchGetItem: batch("BatchGetItem", getKeys),
  BatchWriteItem: batch("BatchWriteItem", writeKeys),
  DescribeTable: onTable("DescribeTable"),
  DescribeTimeToLive: onTable("DescribeTimeToLive"),
  ListTables: () => [{ action: "dynamodb:ListTables", resource: "*" }],
};
