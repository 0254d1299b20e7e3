import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

/**
 * One DynamoDB table in memory: the operations and expressions that the command line uses, an error for any
 * other. Pages are small, so that paging is always on trial.
 */

type Fields = Record<string, unknown>;
type Item = Record<string, never>;
interface Input {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly ExpressionAttributeValues?: Item;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExclusiveStartKey?: Item;
  readonly IndexName?: string;
  readonly Limit?: number;
  readonly TransactItems?: readonly Record<string, Input>[];
}

export class AwsErrorDouble extends Error {
  constructor(
    override readonly name: string,
    message = name,
  ) {
    super(message);
  }
}

const named = (name: string, extra: object = {}): Error => Object.assign(new AwsErrorDouble(name), extra);

const at = (item: Fields | undefined, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (value, part) => (typeof value === "object" && value !== null ? (value as Fields)[part] : undefined),
      item,
    );

const splitTop = (text: string, word: string): readonly string[] => {
  const parts: string[] = [];
  let depth = 0;
  let rest = "";
  for (const token of text.split(/(\s+|[()])/)) {
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (depth === 0 && token === word) {
      parts.push(rest.trim());
      rest = "";
    } else rest += token;
  }
  return [...parts, rest.trim()];
};

const compare = (left: unknown, operator: string, right: unknown): boolean => {
  if (left === undefined) return false;
  if (operator === "=") return left === right;
  return operator === "<" ? Number(left) < Number(right) : Number(left) <= Number(right);
};

/** Conditions of `attribute_not_exists`, comparisons, AND, OR and brackets. */
const holds = (
  text: string,
  item: Fields | undefined,
  values: Fields,
  names: Record<string, string>,
): boolean => {
  const either = splitTop(text, "OR");
  if (either.length > 1) return either.some((each) => holds(each, item, values, names));
  const both = splitTop(text, "AND");
  if (both.length > 1) return both.every((each) => holds(each, item, values, names));
  const bracketed = /^\((.*)\)$/.exec(text);
  if (bracketed?.[1]) return holds(bracketed[1], item, values, names);
  const absent = /^attribute_not_exists\((\w+)\)$/.exec(text);
  if (absent?.[1]) return at(item, absent[1]) === undefined;
  const term = /^([#\w.]+) (=|<|<=) (:\w+)$/.exec(text);
  if (!term) throw new Error(`The double does not know the condition ${text}`);
  const [, path = "", operator = "", value = ""] = term;
  return compare(at(item, names[path] ?? path), operator, values[value]);
};

const updated = (expression: string, item: Fields, values: Fields): Fields => {
  const next = { ...item };
  const [, sets = "", removes = ""] = /^(?:SET (.*?))?\s*(?:REMOVE (.*))?$/.exec(expression) ?? [];
  for (const part of sets.split(", ").filter(Boolean)) {
    const [name = "", value = ""] = part.split(" = ");
    next[name] = values[value];
  }
  for (const name of removes.split(", ").filter(Boolean)) delete next[name];
  return next;
};

/** Keywords that DynamoDB refuses as bare names and that could slip in here. */
const RESERVED = /\b(until|state|kind|name|type|status|ttl|value|items|date|holders)\b/i;

export class TableDouble {
  readonly items = new Map<string, Fields>();
  constructor(private readonly pageSize = 40) {}

  private id(key: Fields): string {
    return JSON.stringify([key.pk, key.sk]);
  }
  put(item: Fields): void {
    this.items.set(this.id(item), item);
  }
  get(pk: string, sk: string): Fields | undefined {
    return this.items.get(this.id({ pk, sk }));
  }
  rows(): readonly Fields[] {
    return [...this.items.values()];
  }

  private values(input: Input): Fields {
    return input.ExpressionAttributeValues ? unmarshall(input.ExpressionAttributeValues) : {};
  }
  private mayWrite(input: Input, key: Fields): boolean {
    const { ConditionExpression: condition, UpdateExpression: update = "" } = input;
    if (RESERVED.test(`${condition} ${update}`)) throw named("ValidationException");
    return condition === undefined || holds(condition, this.items.get(this.id(key)), this.values(input), {});
  }
  private write(kind: string, input: Input): void {
    const key = unmarshall(input.Key ?? input.Item ?? {});
    if (kind === "Put") this.put(key);
    else if (kind === "Delete") this.items.delete(this.id(key));
    else
      this.put(
        updated(input.UpdateExpression ?? "", this.items.get(this.id(key)) ?? key, this.values(input)),
      );
  }

  private page(found: readonly Fields[], input: Input): object {
    const start = input.ExclusiveStartKey ? this.id(unmarshall(input.ExclusiveStartKey)) : undefined;
    const begin = start === undefined ? 0 : found.map((each) => this.id(each)).indexOf(start) + 1;
    const page = found.slice(begin, begin + (input.Limit ?? this.pageSize));
    const last = page.at(-1);
    const hasMore = last !== undefined && begin + page.length < found.length;
    const wanted = page.filter(
      (each) =>
        input.FilterExpression === undefined ||
        holds(input.FilterExpression, each, this.values(input), input.ExpressionAttributeNames ?? {}),
    );
    return {
      Items: wanted.map((each) => marshall(each, { removeUndefinedValues: true })),
      ...(hasMore ? { LastEvaluatedKey: marshall({ pk: last.pk, sk: last.sk }) } : {}),
    };
  }

  private query(input: Input): object {
    const condition = input.KeyConditionExpression ?? "";
    const key = condition.startsWith("openPk") ? "openSk" : "sk";
    const found = this.rows()
      .filter((each) => holds(condition, each, this.values(input), input.ExpressionAttributeNames ?? {}))
      .sort((a, b) => (String(a[key]) < String(b[key]) ? -1 : 1));
    return this.page(found, input);
  }

  private transact(input: Input): object {
    const writes = (input.TransactItems ?? []).flatMap((each) => Object.entries(each).slice(0, 1));
    if (writes.length > 100) throw named("ValidationException");
    const reasons = writes.map(([, write]) =>
      this.mayWrite(write, unmarshall(write.Key ?? write.Item ?? {}))
        ? { Code: "None" }
        : { Code: "ConditionalCheckFailed" },
    );
    if (reasons.some(({ Code }) => Code !== "None")) {
      throw named("TransactionCanceledException", { CancellationReasons: reasons });
    }
    for (const [kind, write] of writes) this.write(kind, write);
    return {};
  }

  /** Carries out a command by its class's name. */
  run(command: string, input: Input): object {
    switch (command) {
      case "GetItemCommand": {
        const item = this.items.get(this.id(unmarshall(input.Key ?? {})));
        return item ? { Item: marshall(item, { removeUndefinedValues: true }) } : {};
      }
      case "ScanCommand":
        return this.page(this.rows(), input);
      case "QueryCommand":
        return this.query(input);
      case "UpdateItemCommand": {
        if (!this.mayWrite(input, unmarshall(input.Key ?? {})))
          throw named("ConditionalCheckFailedException");
        this.write("Update", input);
        return {};
      }
      case "TransactWriteItemsCommand":
        return this.transact(input);
      default:
        throw new Error(`The double does not know ${command}`);
    }
  }
}
