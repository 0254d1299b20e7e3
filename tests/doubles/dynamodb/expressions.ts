import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item } from "../../../Core/ledger/table-reads";

/**
 * The part of DynamoDB's expressions that the product uses; anything else is an error.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
 */

export interface Placeholders {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

export type Test = (item: Item | undefined) => boolean;
type Operand = (item: Item | undefined) => AttributeValue | undefined;

const refuse = (message: string): never => {
  throw Object.assign(new Error(message), { name: "ValidationException" });
};

/** DynamoDB's reserved words that a field of ours could have as its name. */
const RESERVED = /^(date|items|key|name|names|role|state|status|ttl|type|until|value|values)$/i;
const TOKEN = /\s*(<=|>=|<>|[()=<>,]|[\w#:.]+)/y;

const tokensOf = (text: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const token = TOKEN.exec(text)?.[1] ?? refuse(`The double does not know ${text}`);
    tokens.push(token);
  }
  return tokens;
};

const attributeName = (part: string, { ExpressionAttributeNames: names }: Placeholders): string => {
  if (part.startsWith("#")) return names?.[part] ?? refuse(`There is no name ${part}`);
  return RESERVED.test(part) ? refuse(`${part} is a reserved word: use a placeholder`) : part;
};

const attribute = (path: string, placeholders: Placeholders): Operand => {
  const [first = "", ...rest] = path.split(".").map((part) => attributeName(part, placeholders));
  return (item) => rest.reduce((value, part) => value?.M?.[part], item?.[first]);
};

const given = (token: string, { ExpressionAttributeValues: values }: Placeholders): AttributeValue =>
  values?.[token] ?? refuse(`There is no value ${token}`);

const scalar = (value: AttributeValue | undefined): string | number | undefined =>
  value?.N === undefined ? value?.S : Number(value.N);

const OPERATORS = ["=", "<", "<=", ">", ">="];

const compare = (left: AttributeValue | undefined, operator: string, right: AttributeValue | undefined) => {
  const [one, other] = [scalar(left), scalar(right)];
  if (one === undefined || typeof one !== typeof other || other === undefined) return false;
  if (operator === "=") return one === other;
  if (operator === "<") return one < other;
  if (operator === "<=") return one <= other;
  return operator === ">" ? one > other : one >= other;
};

/** Parses a condition from left to right: OR of ANDs of terms, brackets and NOT. */
class Condition {
  private position = 0;
  private readonly tokens: readonly string[];

  constructor(
    private readonly text: string,
    private readonly placeholders: Placeholders,
  ) {
    this.tokens = tokensOf(text);
  }

  test(): Test {
    const test = this.either();
    return this.position === this.tokens.length ? test : refuse(`The double does not know ${this.text}`);
  }

  private next(): string {
    const token = this.tokens[this.position] ?? refuse(`${this.text} ends too early`);
    this.position += 1;
    return token;
  }

  private take(token: string): boolean {
    const isNext = this.tokens[this.position] === token;
    if (isNext) this.position += 1;
    return isNext;
  }

  private expect(token: string): void {
    if (!this.take(token)) refuse(`${this.text} lacks ${token}`);
  }

  private either(): Test {
    const tests = [this.both()];
    while (this.take("OR")) tests.push(this.both());
    return (item) => tests.some((test) => test(item));
  }

  private both(): Test {
    const tests = [this.term()];
    while (this.take("AND")) tests.push(this.term());
    return (item) => tests.every((test) => test(item));
  }

  private term(): Test {
    if (this.take("NOT")) {
      const test = this.term();
      return (item) => !test(item);
    }
    if (this.take("(")) {
      const test = this.either();
      this.expect(")");
      return test;
    }
    const first = this.next();
    return this.take("(") ? this.called(first) : this.compared(first);
  }

  private compared(first: string): Test {
    const [left, operator, right] = [this.operand(first), this.next(), this.operand(this.next())];
    if (!OPERATORS.includes(operator)) refuse(`The double does not know the operator ${operator}`);
    return (item) => compare(left(item), operator, right(item));
  }

  private operand(token: string): Operand {
    if (!token.startsWith(":")) return attribute(token, this.placeholders);
    const value = given(token, this.placeholders);
    return () => value;
  }

  private called(name: string): Test {
    const value = this.operand(this.next());
    const text = this.take(",") ? this.operand(this.next())(undefined)?.S : undefined;
    this.expect(")");
    if (name === "attribute_exists") return (item) => value(item) !== undefined;
    if (name === "attribute_not_exists") return (item) => value(item) === undefined;
    if (name === "attribute_type") return (item) => Object.keys(value(item) ?? {})[0] === text;
    if (name === "begins_with") return (item) => value(item)?.S?.startsWith(text ?? "") === true;
    return refuse(`The double does not know the function ${name}`);
  }
}

/** A condition, key condition or filter as a test of items; without one every item passes. */
export const testOf = (text: string | undefined, placeholders: Placeholders): Test =>
  text === undefined ? () => true : new Condition(text, placeholders).test();

const added = (before: AttributeValue | undefined, difference: AttributeValue): AttributeValue => {
  if (before !== undefined && before.N === undefined) refuse("ADD takes a number");
  return { N: String(Number(before?.N ?? 0) + Number(difference.N)) };
};

/** What an update sets (`SET a = :a, b = :b`, `ADD a :a`) and removes (`REMOVE a, b`); whole attributes only. */
export const updated = (
  text: string,
  item: Item,
  placeholders: Placeholders,
): { readonly set: Item; readonly removed: readonly string[] } => {
  const set: Item = {};
  const removed: string[] = [];
  let verb = "";
  const tokens = tokensOf(text).filter((token) => token !== "=" && token !== ",");
  for (let position = 0; position < tokens.length; position += 1) {
    const token = tokens[position] ?? "";
    if (["SET", "ADD", "REMOVE"].includes(token)) verb = token;
    else if (verb === "REMOVE") removed.push(attributeName(token, placeholders));
    else {
      position += 1;
      const value = given(tokens[position] ?? "", placeholders);
      const name = attributeName(token, placeholders);
      set[name] = verb === "ADD" ? added(item[name], value) : value;
    }
  }
  return verb === "" ? refuse(`The double does not know ${text}`) : { set, removed };
};

/** Refuses placeholders that are missing or unused, as DynamoDB does. */
export const checkPlaceholders = (
  texts: readonly (string | undefined)[],
  placeholders: Placeholders,
): void => {
  const used = new Set(texts.flatMap((text) => text?.match(/[#:]\w+/g) ?? []));
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = placeholders;
  const known = [...Object.keys(names), ...Object.keys(values)];
  for (const name of known) if (!used.has(name)) refuse(`${name} is used in no expression`);
  for (const name of used) if (!known.includes(name)) refuse(`${name} is not given`);
};
