import { BlockList, isIPv4, isIPv6 } from "node:net";
import { arnFits } from "./arn-pattern";
import type { ConditionContext } from "./context";
import { fits, type Pattern, plainText } from "./pattern";
import { PolicyError } from "./policy-error";

/** Whether a value of the request fits one value of the policy. */
export type OperatorComparison = (expected: Pattern, actual: string, context: ConditionContext) => boolean;

/** Reads both sides as one kind; throws where the text is none, for a guess would pass or stop what it should not. */
const read = <Value>(kind: string, text: string, parse: (text: string) => Value | undefined): Value => {
  const value = parse(text);
  if (value === undefined) throw new PolicyError(`"${text}" is not ${kind}`);
  return value;
};

const compare =
  <Value>(
    kind: string,
    parse: (text: string) => Value | undefined,
    holds: (actual: Value, expected: Value) => boolean,
  ): OperatorComparison =>
  (expected, actual, context) => {
    const text = plainText(expected, context);
    return text !== undefined && holds(read(kind, actual, parse), read(kind, text, parse));
  };

const itself = (text: string): string => text;
const lower = (text: string): string => text.toLowerCase();

const toNumber = (text: string): number | undefined =>
  /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : undefined;

const toBoolean = (text: string): boolean | undefined =>
  /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined;

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/;

/** Milliseconds since 1970, from ISO 8601 or from seconds since 1970. */
const toTime = (text: string): number | undefined => {
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const time = ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
};

const toBytes = (text: string): string | undefined =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) ? text : undefined;

const equal = <Value>(actual: Value, expected: Value): boolean => actual === expected;
const below = (actual: number, expected: number): boolean => actual < expected;
const upTo = (actual: number, expected: number): boolean => actual <= expected;
const above = (actual: number, expected: number): boolean => actual > expected;
const from = (actual: number, expected: number): boolean => actual >= expected;

const number = (holds: (actual: number, expected: number) => boolean): OperatorComparison =>
  compare("a number", toNumber, holds);
const time = (holds: (actual: number, expected: number) => boolean): OperatorComparison =>
  compare("a date", toTime, holds);

const familyOf = (address: string): "ipv4" | "ipv6" | undefined =>
  isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;

const toRange = (text: string): BlockList | undefined => {
  const [address = "", bits] = text.split("/");
  const family = familyOf(address);
  const most = family === "ipv4" ? 32 : 128;
  const length = bits === undefined ? most : /^\d+$/.test(bits) ? Number(bits) : -1;
  if (family === undefined || length < 0 || length > most) return undefined;
  const range = new BlockList();
  range.addSubnet(address, length, family);
  return range;
};

const isWithin: OperatorComparison = (expected, actual, context) => {
  const text = plainText(expected, context);
  if (text === undefined) return false;
  const range = read("an address or a range of addresses", text, toRange);
  return range.check(actual, read("an address", actual, familyOf));
};

/**
 * The operators that hold when a value fits, without their negated forms.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const COMPARISONS: Readonly<Record<string, OperatorComparison>> = {
  StringEquals: compare("a text", itself, equal),
  StringEqualsIgnoreCase: compare("a text", lower, equal),
  StringLike: fits,
  NumericEquals: number(equal),
  NumericLessThan: number(below),
  NumericLessThanEquals: number(upTo),
  NumericGreaterThan: number(above),
  NumericGreaterThanEquals: number(from),
  DateEquals: time(equal),
  DateLessThan: time(below),
  DateLessThanEquals: time(upTo),
  DateGreaterThan: time(above),
  DateGreaterThanEquals: time(from),
  Bool: compare("true or false", toBoolean, equal),
  BinaryEquals: compare("base64", toBytes, equal),
  IpAddress: isWithin,
  ArnEquals: arnFits,
  ArnLike: arnFits,
};

/** Operators that hold when no value of the policy fits, also when the request carries no value at all. */
export const NEGATIONS: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  NumericNotEquals: "NumericEquals",
  DateNotEquals: "DateEquals",
  NotIpAddress: "IpAddress",
  ArnNotEquals: "ArnEquals",
  ArnNotLike: "ArnLike",
};
