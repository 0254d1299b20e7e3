import { asList, asMap, at, type Properties, type Value } from "./read-template";

/** An event as EventBridge writes it: rules and transformers address its fields by these names. */
export interface EventBridgeEvent {
  readonly source: string;
  readonly "detail-type": string;
  readonly account: string;
  /** When EventBridge received it. */
  readonly time?: string;
  readonly detail: Value;
}

const isLeaf = (value: Value | undefined): boolean =>
  value !== undefined && (typeof value !== "object" || value === null);

const contains = (list: Value | undefined, value: Value): boolean =>
  asList(list).some((item) => item === value);

/** `*` stands for any text; `\\` and `\*` for the second character itself. */
const wildcardMatches = (wildcard: Value, value: Value | undefined): boolean => {
  const parts = String(wildcard).match(/\\[\\*]|./gsu) ?? [];
  const source = parts.map((part) => (part === "*" ? "[^]*" : part.slice(-1).replace(/\W/, "\\$&")));
  return typeof value === "string" && new RegExp(`^${source.join("")}$`).test(value);
};

const isAnyOf = (argument: Value, value: Value): boolean => {
  const { wildcard } = asMap(argument);
  if (wildcard === undefined) return contains(argument, value);
  return asList(wildcard).some((one) => wildcardMatches(one, value));
};

/** Whether one entry of a pattern's list matches a value; undefined stands for a missing field. */
const entryMatches = (entry: Value, value: Value | undefined): boolean => {
  if (typeof entry !== "object" || entry === null) return value === entry;
  const [[operator, argument] = ["", null]] = Object.entries(asMap(entry));
  if (operator === "exists") return isLeaf(value) === argument;
  if (operator === "anything-but") return isLeaf(value) && !isAnyOf(argument, value as Value);
  if (operator === "wildcard") return wildcardMatches(argument, value);
  throw new Error(`The operator ${operator} is not known here`);
};

const fieldMatches = (entries: readonly Value[], value: Value | undefined): boolean => {
  const values = Array.isArray(value) && value.length > 0 ? value : [value];
  return values.some((one) => entries.some((entry) => entryMatches(entry, one)));
};

/**
 * The part of EventBridge's matching that the templates use: every field must match, and `$or` needs one of its parts.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export const patternMatches = (pattern: Properties, event: Value | undefined): boolean =>
  Object.entries(pattern).every(([key, wanted]) => {
    if (key === "$or") return asList(wanted).some((part) => patternMatches(asMap(part), event));
    const value = asMap(event)[key];
    return Array.isArray(wanted) ? fieldMatches(wanted, value) : patternMatches(asMap(wanted), value);
  });

const valueAt = (event: EventBridgeEvent, path: string): Value => {
  const keys = path.replace(/^\$\./, "").split(".");
  return at({ ...event } as Properties, ...keys) ?? "";
};

/** EventBridge puts quotation marks around a text outside quotes, but does not escape what is in it. */
const filledIn = (value: Value | undefined): string =>
  typeof value === "string" ? `"${value}"` : JSON.stringify(value);

/**
 * The input of a target: placeholders outside quotes take any value, those inside take text; a missing value or null
 * becomes an empty string.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html#eb-transform-input-issues
 *
 * @throws SyntaxError if the result is no JSON, which no target accepts
 */
export const transform = (transformer: Properties, event: EventBridgeEvent): Value => {
  const values = Object.fromEntries(
    Object.entries(asMap(transformer.InputPathsMap)).map(([name, path]) => [
      name,
      valueAt(event, String(path)),
    ]),
  );
  const text = String(transformer.InputTemplate).replace(/"[^"]*"|<(\w+)>/g, (found, name?: string) =>
    name === undefined
      ? found.replace(/<(\w+)>/g, (_, inner: string) => String(values[inner]))
      : filledIn(values[name]),
  );
  return JSON.parse(text) as Value;
};
