import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";

/**
 * A small DynamoDB in memory behind a mocked client: the operations and expressions that the adapters use, and
 * an error for every other one. Indexes are computed at reading, so they never lag; engines and AWS do.
 */

type Item = Record<string, AttributeValue>;
type Names = Record<string, string> | undefined;

const mockDynamoDb = () => mockClient(DynamoDBClient);

export interface DynamoDouble {
  readonly client: DynamoDBClient;
  readonly mock: ReturnType<typeof mockDynamoDb>;
  /** Table → items. */
  readonly tables: Map<string, Map<string, Item>>;
  /** Transactions so far, with their client request tokens. */
  readonly tokens: string[];
}

export interface TableShape {
  readonly keys: readonly string[];
  /** Index → its keys. */
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
}

const scalar = (value: AttributeValue | undefined): string | number | undefined =>
  value?.N === undefined ? value?.S : Number(value.N);

/** One comparison of a condition: a function of an attribute, or `attribute operator :value`. */
const term = (text: string, item: Item | undefined, values: Item, names: Names): boolean => {
  const stored = (name = ""): AttributeValue | undefined => item?.[names?.[name] ?? name];
  const [, presence, attribute] = /^(attribute_exists|attribute_not_exists)\(([#\w]+)\)$/.exec(text) ?? [];
  if (presence !== undefined) return (stored(attribute) !== undefined) === (presence === "attribute_exists");
  const [, typed, type] = /^NOT attribute_type\((\w+), (:\w+)\)$/.exec(text) ?? [];
  if (typed !== undefined) return Object.keys(stored(typed) ?? {})[0] !== values[type ?? ""]?.S;
  const [, left, operator, right] = /^([#\w]+) (=|<=|<|>) (:\w+)$/.exec(text) ?? [];
  if (operator === undefined) throw new Error(`The double does not know the condition ${text}`);
  const [found, wanted] = [scalar(stored(left)), scalar(values[right ?? ""])];
  if (found === undefined || wanted === undefined) return false;
  if (operator === "=") return found === wanted;
  if (operator === ">") return found > wanted;
  return found < wanted || (operator === "<=" && found === wanted);
};

/** `ADD attribute :value` and `SET attribute = :value`. */
const updated = (expression = "", item: Item, values: Item = {}): Item => {
  const [, verb, attribute = "", value = ""] = /^(ADD|SET) (\w+)(?: =)? (:\w+)$/.exec(expression) ?? [];
  if (verb === undefined) throw new Error(`The double does not know ${expression}`);
  const before = verb === "ADD" ? Number(item[attribute]?.N ?? 0) : 0;
  return { [attribute]: { N: String(before + Number(values[value]?.N)) } };
};

const holds = (expression: string | undefined, item: Item | undefined, values: Item = {}, names?: Names) =>
  expression === undefined || expression.split(" OR ").some((text) => term(text, item, values, names));

export const dynamoDouble = (shapes: Readonly<Record<string, TableShape>>): DynamoDouble => {
  const tables = new Map(Object.keys(shapes).map((name) => [name, new Map<string, Item>()]));
  const tokens: string[] = [];
  const table = (name = ""): Map<string, Item> => {
    const found = tables.get(name);
    if (found === undefined) throw Object.assign(new Error(name), { name: "ResourceNotFoundException" });
    return found;
  };
  const keyOf = (name = "", item: Item = {}): string =>
    JSON.stringify((shapes[name]?.keys ?? []).map((key) => item[key]?.S));

  /** The item that a write leaves behind, and whether its condition holds. */
  const plan = ({ Put, Delete, Update, ConditionCheck }: TransactWriteItem) => {
    const write = Put ?? Delete ?? Update ?? ConditionCheck;
    if (write === undefined) throw new Error("The double does not know this write");
    const key = keyOf(write.TableName, Put ? Put.Item : (write as { Key?: Item }).Key);
    const before = table(write.TableName).get(key);
    const isHeld = holds(
      write.ConditionExpression,
      before,
      write.ExpressionAttributeValues,
      write.ExpressionAttributeNames,
    );
    const apply = (): Item => {
      if (Put) table(Put.TableName).set(key, structuredClone(Put.Item ?? {}));
      if (Delete) table(Delete.TableName).delete(key);
      if (Update) {
        const change = updated(Update.UpdateExpression, before ?? {}, Update.ExpressionAttributeValues);
        table(Update.TableName).set(key, { ...Update.Key, ...before, ...change });
        return change;
      }
      return {};
    };
    return { isHeld, apply };
  };

  const mock = mockDynamoDb();
  mock.onAnyCommand().callsFake((input) => {
    throw new Error(`Unplanned call: ${JSON.stringify(input)}`);
  });
  mock.on(GetItemCommand).callsFake(({ TableName, Key, ConsistentRead }) => {
    if (ConsistentRead !== true) throw new Error("F-20: a decision reads consistently");
    const Item = table(TableName).get(keyOf(TableName, Key));
    return Item ? { Item: structuredClone(Item) } : {};
  });
  mock.on(PutItemCommand).callsFake((Put) => {
    const { isHeld, apply } = plan({ Put });
    if (!isHeld) throw new ConditionalCheckFailedException({ message: "", $metadata: {} });
    apply();
    return {};
  });
  mock.on(UpdateItemCommand).callsFake((Update) => {
    const { isHeld, apply } = plan({ Update });
    if (!isHeld) throw new ConditionalCheckFailedException({ message: "", $metadata: {} });
    return { Attributes: apply() };
  });
  mock.on(DeleteItemCommand).callsFake((Delete) => {
    plan({ Delete }).apply();
    return {};
  });
  mock.on(QueryCommand).callsFake((input) => {
    const { TableName, IndexName, Limit, ExclusiveStartKey, ConsistentRead } = input;
    const shape = shapes[TableName ?? ""];
    const keys = IndexName === undefined ? shape?.keys : shape?.indexes?.[IndexName];
    if (keys === undefined) throw new Error(`There is no index ${IndexName}`);
    if ((IndexName === undefined) !== (ConsistentRead === true))
      throw new Error("F-20: tables are read consistently, indexes cannot be");
    const allKeys = [...keys, ...(shape?.keys ?? [])];
    const order = (item: Item): string => JSON.stringify(allKeys.map((key) => item[key]?.S));
    const found = [...table(TableName).values()]
      .filter((item) => keys.every((key) => item[key] !== undefined))
      .filter((item) => holds(input.KeyConditionExpression, item, input.ExpressionAttributeValues))
      .sort((one, other) => (order(one) < order(other) ? -1 : 1))
      .filter((item) => ExclusiveStartKey === undefined || order(item) > order(ExclusiveStartKey));
    const page = found.slice(0, Limit ?? found.length);
    const last = page.length < found.length ? page.at(-1) : undefined;
    return {
      Items: structuredClone(
        page.filter((item) => holds(input.FilterExpression, item, input.ExpressionAttributeValues)),
      ),
      ...(last ? { LastEvaluatedKey: Object.fromEntries(allKeys.map((key) => [key, last[key]])) } : {}),
    };
  });
  // One item a page, so that whoever scans has to go on.
  mock.on(ScanCommand).callsFake(({ TableName, ExclusiveStartKey }) => {
    const keys = [...table(TableName).keys()];
    const index = ExclusiveStartKey ? keys.indexOf(keyOf(TableName, ExclusiveStartKey)) + 1 : 0;
    const item = table(TableName).get(keys[index] ?? "");
    const isLast = index >= keys.length - 1;
    const last = (shapes[TableName ?? ""]?.keys ?? []).map((key) => [key, item?.[key]]);
    return {
      Items: item ? [structuredClone(item)] : [],
      ...(isLast ? {} : { LastEvaluatedKey: Object.fromEntries(last) }),
    };
  });
  mock
    .on(TransactWriteItemsCommand)
    .callsFake(({ TransactItems, ClientRequestToken }: TransactWriteItemsCommandInput) => {
      tokens.push(ClientRequestToken ?? "");
      const plans = (TransactItems ?? []).map(plan);
      if (plans.every(({ isHeld }) => isHeld)) {
        for (const { apply } of plans) apply();
        return {};
      }
      throw new TransactionCanceledException({
        message: "",
        $metadata: {},
        CancellationReasons: plans.map(({ isHeld }) => ({
          Code: isHeld ? "None" : "ConditionalCheckFailed",
        })),
      });
    });
  return { client: new DynamoDBClient({ region: "eu-west-1" }), mock, tables, tokens };
};

export const LEDGER_TABLE = "ledger";
export const BOOTSTRAP_TABLE = "bootstrap";
export const MAPPING_TABLE = "mapping";

/** The tables of the stacks, by their shapes. */
export const tablesDouble = (): DynamoDouble =>
  dynamoDouble({
    [LEDGER_TABLE]: {
      keys: ["pk", "sk"],
      indexes: { open: ["openPk", "openSk"], resource: ["resourceId"] },
    },
    [BOOTSTRAP_TABLE]: { keys: ["key"] },
    [MAPPING_TABLE]: { keys: ["pk", "sk"] },
  });
