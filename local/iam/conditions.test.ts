import { isMet } from "./testing";

/**
 * The condition operators, as AWS's documentation describes them. Each case: what the page says, the condition,
 * the request, and whether it is met.
 */
type Case = readonly [
  says: string,
  condition: object,
  request: Record<string, string | string[]>,
  met: boolean,
];

const GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide";
const OPERATORS = `${GUIDE}/reference_policies_elements_condition_operators.html`;
const LOGIC = `${GUIDE}/reference_policies_condition-logic-multiple-context-keys-or-values.html`;
const SETS = `${GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html`;

const agent = (text: string) => ({ "aws:UserAgent": text });
const hops = (text: string) => ({ "ec2:MetadataHttpPutResponseHopLimit": text });
const now = (text: string) => ({ "aws:CurrentTime": text });
const ip = (text: string) => ({ "aws:SourceIp": text });
const source = (text: string) => ({ "aws:SourceArn": text });
const keys = (...names: string[]) => ({ "aws:TagKeys": names });
const RULE = "arn:aws:events:eu-west-1:111122223333:rule/bus/r";

describe(`strings: ${OPERATORS}#Conditions_String`, () => {
  it.each<Case>([
    ["StringEquals is exact and knows case", { StringEquals: agent("Java") }, agent("Java"), true],
    ["another case is another text", { StringEquals: agent("java") }, agent("Java"), false],
    ["a wildcard is a plain character to it", { StringEquals: agent("J*") }, agent("Java"), false],
    ["StringNotEquals is its negation", { StringNotEquals: agent("Java") }, agent("Perl"), true],
    ["IgnoreCase ignores case", { StringEqualsIgnoreCase: agent("JAVA") }, agent("java"), true],
    ["and so does its negation", { StringNotEqualsIgnoreCase: agent("JAVA") }, agent("java"), false],
    ["StringLike knows * for many characters", { StringLike: agent("J*a") }, agent("Java"), true],
    ["and ? for one", { StringLike: agent("J?va") }, agent("Java"), true],
    ["and knows case", { StringLike: agent("j*") }, agent("Java"), false],
    ["StringNotLike is its negation", { StringNotLike: agent("J*") }, agent("Java"), false],
    ["a dot is a dot", { StringLike: agent("J.va") }, agent("Java"), false],
    ["the name of a key knows no case", { StringEquals: { "AWS:useragent": "x" } }, agent("x"), true],
  ])("%s", (_, condition, request, met) => expect(isMet(condition, request)).toBe(met));
});

describe(`numbers, dates, booleans, binary: ${OPERATORS}`, () => {
  const soon = now("2026-06-01T00:00:00Z");
  it.each<Case>([
    ["NumericEquals compares numbers, not texts", { NumericEquals: hops("1") }, hops("1.0"), true],
    ["NumericNotEquals is its negation", { NumericNotEquals: hops("1") }, hops("1"), false],
    ["NumericLessThan", { NumericLessThan: hops("2") }, hops("2"), false],
    ["NumericLessThanEquals", { NumericLessThanEquals: hops("2") }, hops("2"), true],
    ["NumericGreaterThan", { NumericGreaterThan: hops("9") }, hops("10"), true],
    ["NumericGreaterThanEquals", { NumericGreaterThanEquals: hops("10") }, hops("9"), false],
    ["DateEquals knows an offset", { DateEquals: now("2026-06-01T02:00:00+02:00") }, soon, true],
    ["DateNotEquals", { DateNotEquals: now("2026-06-01T00:00:00Z") }, soon, false],
    ["DateLessThan", { DateLessThan: now("2026-06-02T00:00:00Z") }, soon, true],
    ["DateLessThanEquals", { DateLessThanEquals: now("2026-05-31") }, soon, false],
    ["DateGreaterThan", { DateGreaterThan: now("2026-06-01T00:00:00Z") }, soon, false],
    ["DateGreaterThanEquals", { DateGreaterThanEquals: now("2026-06-01T00:00:00Z") }, soon, true],
    ["a date may be seconds since 1970", { DateEquals: now("1780272000") }, soon, true],
    ["Bool", { Bool: { "aws:SecureTransport": "true" } }, { "aws:SecureTransport": "true" }, true],
    [
      "Bool without quotes",
      { Bool: { "aws:SecureTransport": false } },
      { "aws:SecureTransport": "true" },
      false,
    ],
    ["Bool is not met without the key", { Bool: { "aws:SecureTransport": "false" } }, {}, false],
    [
      "BinaryEquals compares base64 byte by byte",
      { BinaryEquals: agent("QmluYXJ5") },
      agent("QmluYXJ5"),
      true,
    ],
    ["and finds a difference", { BinaryEquals: agent("QmluYXJ5") }, agent("QmluYXJ6"), false],
  ])("%s", (_, condition, request, met) => expect(isMet(condition, request)).toBe(met));
});

describe(`addresses and ARNs: ${OPERATORS}#Conditions_IPAddress`, () => {
  it.each<Case>([
    ["an address in the range", { IpAddress: ip("203.0.113.0/24") }, ip("203.0.113.9"), true],
    ["an address outside", { IpAddress: ip("203.0.113.0/24") }, ip("203.0.114.9"), false],
    ["without a length it is one address", { IpAddress: ip("203.0.113.9") }, ip("203.0.113.9"), true],
    ["IPv6", { IpAddress: ip("2001:DB8:1234:5678::/64") }, ip("2001:db8:1234:5678::1"), true],
    ["NotIpAddress", { NotIpAddress: ip("203.0.113.0/24") }, ip("203.0.113.9"), false],
    [
      "ArnLike takes wildcards",
      { ArnLike: source("arn:aws:events:*:111122223333:rule/bus/*") },
      source(RULE),
      true,
    ],
    ["so does ArnEquals", { ArnEquals: source("arn:aws:events:*:*:rule/*") }, source(RULE), true],
    [
      "a wildcard stays in its part",
      { ArnLike: source("arn:aws:lambda:*:function:f") },
      source("arn:aws:lambda:eu-west-1:111122223333:function:f"),
      false,
    ],
    ["a short ARN is completed by wildcards", { ArnLike: source("arn:aws:events") }, source(RULE), true],
    ["of another service alone", { ArnLike: source("arn:aws:sqs") }, source(RULE), false],
    ["ArnNotEquals", { ArnNotEquals: source("arn:aws:events:*:*:rule/*") }, source(RULE), false],
    ["ArnNotLike", { ArnNotLike: source("arn:aws:sqs:*:*:*") }, source(RULE), true],
  ])("%s", (_, condition, request, met) => expect(isMet(condition, request)).toBe(met));
});

describe(`absent keys: ${OPERATORS}#Conditions_IfExists and #Conditions_Null`, () => {
  it.each<Case>([
    ["a key that is absent does not match", { StringEquals: agent("x") }, {}, false],
    ["a negated operator holds without the key", { StringNotEquals: agent("x") }, {}, true],
    ["so does ArnNotLike", { ArnNotLike: source("arn:aws:sqs:*:*:*") }, {}, true],
    ["so does NotIpAddress", { NotIpAddress: ip("10.0.0.0/8") }, {}, true],
    ["IfExists holds without the key", { StringEqualsIfExists: agent("x") }, {}, true],
    ["and compares with it", { StringEqualsIfExists: agent("x") }, agent("y"), false],
    ["NumericLessThanIfExists", { NumericLessThanIfExists: hops("2") }, {}, true],
    ["BoolIfExists", { BoolIfExists: { "aws:MultiFactorAuthPresent": "true" } }, {}, true],
    ["Null true: the key is not there", { Null: { "aws:TokenIssueTime": "true" } }, {}, true],
    ["Null false: it is there", { Null: { "aws:TokenIssueTime": "false" } }, {}, false],
    ["an empty list is no value", { Null: { "aws:TagKeys": "true" } }, keys(), true],
  ])("%s", (_, condition, request, met) => expect(isMet(condition, request)).toBe(met));
});

describe(`many keys and values: ${LOGIC}`, () => {
  const two = { ...agent("x"), ...hops("1") };
  it.each<Case>([
    [
      "values of one key are joined by OR",
      { StringEquals: { "aws:UserAgent": ["x", "y"] } },
      agent("y"),
      true,
    ],
    ["of a negated operator by NOR", { StringNotEquals: { "aws:UserAgent": ["x", "y"] } }, agent("y"), false],
    ["NOR holds when none fits", { StringNotEquals: { "aws:UserAgent": ["x", "y"] } }, agent("z"), true],
    ["operators are joined by AND", { StringEquals: agent("x"), NumericEquals: hops("2") }, two, false],
    ["keys of one operator are joined by AND", { StringEquals: { ...agent("x"), ...hops("1") } }, two, true],
  ])("%s", (_, condition, request, met) => expect(isMet(condition, request)).toBe(met));
});

describe(`set operators: ${SETS}`, () => {
  const allow = { "aws:TagKeys": ["env", "owner"] };
  it.each<Case>([
    [
      "ForAllValues: each of the request's fits one",
      { "ForAllValues:StringEquals": allow },
      keys("env"),
      true,
    ],
    ["one too many", { "ForAllValues:StringEquals": allow }, keys("env", "cost"), false],
    ["it holds without the key", { "ForAllValues:StringEquals": allow }, {}, true],
    ["and for an empty text", { "ForAllValues:StringEquals": allow }, keys(""), true],
    [
      "which a Null keeps out",
      { "ForAllValues:StringEquals": allow, Null: { "aws:TagKeys": "false" } },
      {},
      false,
    ],
    ["ForAnyValue: one of them fits", { "ForAnyValue:StringEquals": allow }, keys("cost", "env"), true],
    ["none does", { "ForAnyValue:StringEquals": allow }, keys("cost"), false],
    ["it does not hold without the key", { "ForAnyValue:StringEquals": allow }, {}, false],
    ["but for IfExists", { "ForAnyValue:StringEqualsIfExists": allow }, {}, true],
    [
      "ForAllValues of a negation: none is listed",
      { "ForAllValues:StringNotEquals": allow },
      keys("env", "z"),
      false,
    ],
    [
      "ForAnyValue of a negation: one is not listed",
      { "ForAnyValue:StringNotEquals": allow },
      keys("env", "z"),
      true,
    ],
    ["and not without the key", { "ForAnyValue:StringNotEquals": allow }, {}, false],
    [
      "ForAllValues:StringLike",
      { "ForAllValues:StringLike": { "aws:TagKeys": "e*" } },
      keys("env", "eks"),
      true,
    ],
  ])("%s", (_, condition, request, met) => expect(isMet(condition, request)).toBe(met));
});
