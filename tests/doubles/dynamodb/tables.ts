import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  type TransactWriteItem,
} from "@aws-sdk/client-dynamodb";
import type { Item } from "../../../Core/ledger/table-reads";
import { checkPlaceholders, type Placeholders, testOf, updated } from "./expressions";

/**
 * DynamoDB in memory: the one emulation of its tables in tests, behind a mocked client (mocked-client.ts) or on
 * loopback (server.ts). It supports the operations that the product uses and refuses all others. Indexes are computed
 * at each read, so they never lag as those of the engine and of AWS do.
 */

export interface TableShape {
  readonly keys: readonly string[];
  /** Index → its keys. */
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
}

export interface PageSizes {
  /** Most items of a page; a small number tests paging. */
  readonly query?: number;
  readonly scan?: number;
}

/** A request of any operation, with the API's field names. */
export interface Request extends Placeholders {
  readonly TableName?: string | undefined;
  readonly IndexName?: string | undefined;
  readonly Key?: Item | undefined;
  readonly Item?: Item | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly KeyConditionExpression?: string | undefined;
  readonly FilterExpression?: string | undefined;
  readonly ProjectionExpression?: string | undefined;
  readonly ExclusiveStartKey?: Item | undefined;
  readonly Limit?: number | undefined;
  readonly ConsistentRead?: boolean | undefined;
  readonly ReturnValues?: string | undefined;
  readonly TransactItems?: readonly TransactWriteItem[] | undefined;
  readonly ClientRequestToken?: string | undefined;
}

type WriteKind = "Put" | "Update" | "Delete" | "ConditionCheck";

interface Plan {
  readonly item: string;
  readonly isHeld: boolean;
  /** @returns what the operation answers */
  readonly apply: () => object;
}

const MAX_TRANSACTION = 100;

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

const checkExpressions = (request: Request): void =>
  checkPlaceholders(
    [
      request.ConditionExpression,
      request.UpdateExpression,
      request.KeyConditionExpression,
      request.FilterExpression,
      request.ProjectionExpression,
    ],
    request,
  );

export class DynamoTables {
  /** Table → items by their key values as JSON. */
  readonly tables: ReadonlyMap<string, Map<string, Item>>;
  /** Client request tokens of the transactions so far. */
  readonly tokens: string[] = [];

  constructor(
    private readonly shapes: Readonly<Record<string, TableShape>>,
    private readonly pages: PageSizes = {},
  ) {
    this.tables = new Map(Object.keys(shapes).map((name) => [name, new Map<string, Item>()]));
  }

  /** @throws ResourceNotFoundException, as AWS does */
  items(name = ""): Map<string, Item> {
    const found = this.tables.get(name);
    if (found === undefined) throw named("ResourceNotFoundException", `There is no table ${name}`);
    return found;
  }

  /** @param operation e.g. `GetItem`, or a command's class: `GetItemCommand` */
  run(operation: string, request: Request): object {
    checkExpressions(request);
    switch (operation.replace(/Command$/, "")) {
      case "GetItem":
        return this.get(request);
      case "Query":
        return this.query(request);
      case "Scan":
        return this.scan(request);
      case "PutItem":
        return this.write("Put", request);
      case "UpdateItem":
        return this.write("Update", request);
      case "DeleteItem":
        return this.write("Delete", request);
      case "TransactWriteItems":
        return this.transact(request);
      default:
        throw new Error(`Unplanned call: ${operation} ${JSON.stringify(request)}`);
    }
  }

  private keysOf(name = ""): readonly string[] {
    return this.shapes[name]?.keys ?? [];
  }

  /** @throws ValidationException for an item of another table, as AWS does */
  private idOf(name: string | undefined, item: Item = {}): string {
    const values = this.keysOf(name).map((key) => item[key]?.S);
    if (values.includes(undefined)) {
      const text = "One or more parameter values were invalid: Missing the key";
      throw named("ValidationException", `${text} of ${name} in the item`);
    }
    return JSON.stringify(values);
  }

  private get({ TableName, Key, ConsistentRead }: Request): object {
    if (ConsistentRead !== true) throw new Error("F-20: a decision reads consistently");
    const item = this.items(TableName).get(this.idOf(TableName, Key));
    return item ? { Item: item } : {};
  }

  /** The item after a write, and whether the write's condition holds. */
  private plan(kind: WriteKind, request: Request): Plan {
    const { TableName, Key, Item, UpdateExpression } = request;
    const items = this.items(TableName);
    const id = this.idOf(TableName, kind === "Put" ? Item : Key);
    const before = items.get(id);
    const apply = (): object => {
      const old = request.ReturnValues === "ALL_OLD" && before ? { Attributes: before } : {};
      if (kind === "Put") items.set(id, structuredClone(Item ?? {}));
      if (kind === "Delete") items.delete(id);
      if (kind !== "Update") return old;
      const { set, removed } = updated(UpdateExpression ?? "", before ?? {}, request);
      const kept = Object.entries({ ...Key, ...before }).filter(([name]) => !removed.includes(name));
      items.set(id, structuredClone({ ...Object.fromEntries(kept), ...set }));
      return request.ReturnValues === "UPDATED_NEW" ? { Attributes: set } : old;
    };
    return {
      item: `${TableName} ${id}`,
      isHeld: testOf(request.ConditionExpression, request)(before),
      apply,
    };
  }

  private write(kind: WriteKind, request: Request): object {
    const { isHeld, apply } = this.plan(kind, request);
    if (isHeld) return apply();
    throw new ConditionalCheckFailedException({
      message: "The conditional request failed",
      $metadata: {},
    });
  }

  private planOf({ Put, Update, Delete, ConditionCheck }: TransactWriteItem): Plan {
    const writes: readonly (readonly [WriteKind, Request | undefined])[] = [
      ["Put", Put],
      ["Update", Update],
      ["Delete", Delete],
      ["ConditionCheck", ConditionCheck],
    ];
    for (const [kind, request] of writes) {
      if (request === undefined) continue;
      checkExpressions(request);
      return this.plan(kind, request);
    }
    throw named("ValidationException", "A transaction's item must name one write");
  }

  private transact({ TransactItems = [], ClientRequestToken = "" }: Request): object {
    this.tokens.push(ClientRequestToken);
    const plans = TransactItems.map((each) => this.planOf(each));
    const isTwice = new Set(plans.map(({ item }) => item)).size < plans.length;
    if (plans.length > MAX_TRANSACTION || isTwice) {
      throw named("ValidationException", "A transaction takes a hundred writes of as many items");
    }
    if (plans.every(({ isHeld }) => isHeld)) {
      for (const { apply } of plans) apply();
      return {};
    }
    throw new TransactionCanceledException({
      message: "Transaction cancelled",
      $metadata: {},
      CancellationReasons: plans.map(({ isHeld }) => ({ Code: isHeld ? "None" : "ConditionalCheckFailed" })),
    });
  }

  private query(request: Request): object {
    const { TableName = "", IndexName, ConsistentRead, KeyConditionExpression } = request;
    const keys =
      IndexName === undefined ? this.keysOf(TableName) : this.shapes[TableName]?.indexes?.[IndexName];
    if (keys === undefined) throw named("ValidationException", `There is no index ${IndexName}`);
    if ((IndexName === undefined) !== (ConsistentRead === true))
      throw new Error("F-20: tables are read consistently, indexes cannot be");
    const allKeys = [...keys, ...this.keysOf(TableName)];
    const order = (item: Item): string => JSON.stringify(allKeys.map((key) => item[key]?.S));
    const isMeant = testOf(KeyConditionExpression, request);
    const found = [...this.items(TableName).values()]
      .filter((item) => isMeant(item) && keys.every((key) => item[key] !== undefined))
      .map((item) => ({ item, order: order(item) }))
      .sort((one, other) => (one.order < other.order ? -1 : 1))
      .map(({ item }) => item);
    return this.page(found, allKeys, request, this.pages.query);
  }

  private scan(request: Request): object {
    const found = [...this.items(request.TableName).values()];
    return this.page(found, this.keysOf(request.TableName), request, this.pages.scan);
  }

  private page(found: readonly Item[], keys: readonly string[], request: Request, size?: number): object {
    const { ExclusiveStartKey: start, FilterExpression, Limit } = request;
    const isStart = (item: Item): boolean => keys.every((key) => item[key]?.S === start?.[key]?.S);
    const begin = start === undefined ? 0 : found.findIndex(isStart) + 1;
    const page = found.slice(begin, begin + Math.min(Limit ?? Infinity, size ?? Infinity));
    const last = begin + page.length < found.length ? page.at(-1) : undefined;
    return {
      Items: page.filter(testOf(FilterExpression, request)),
      ...(last ? { LastEvaluatedKey: Object.fromEntries(keys.map((key) => [key, last[key]])) } : {}),
    };
  }
}
