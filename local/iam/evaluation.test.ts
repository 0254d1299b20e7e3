import { evaluate, type Policies, type Policy, type Principal, parsePolicy } from ".";
import {
  ACCOUNT,
  ALL,
  OTHER_ACCOUNT,
  policy,
  QUEUE,
  ROLE_ARN,
  SESSION,
  SESSION_ARN,
  verdict,
} from "./testing";

const GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide";

const ALLOW = policy({ Effect: "Allow", Action: "sqs:SendMessage", Resource: "*" });
const DENY = policy({ Effect: "Deny", Action: "sqs:*", Resource: "*" });
const OTHER = policy({ Effect: "Allow", Action: "s3:*", Resource: "*" });
const SEND = { Action: "sqs:SendMessage", Resource: "*" };
const NOTHING: Policy = policy();

const grant = (principal: unknown, effect = "Allow"): Policy =>
  policy({ Effect: effect, Principal: principal, Action: "sqs:SendMessage", Resource: "*" });

type Case = readonly [says: string, policies: Policies, expected: "allowed" | "denied" | "not-allowed"];

describe(`within an account: ${GUIDE}/reference_policies_evaluation-logic_policy-eval-basics.html`, () => {
  it.each<Case>([
    ["nothing said is no", { identity: [] }, "not-allowed"],
    ["an identity policy grants", { identity: [ALLOW] }, "allowed"],
    ["a Deny beside it wins", { identity: [ALLOW, DENY] }, "denied"],
    ["a Deny of the resource wins", { identity: [ALL], resource: [grant("*", "Deny")] }, "denied"],
    ["a Deny of the boundary wins", { identity: [ALL], boundary: DENY }, "denied"],
    ["a Deny of the session policy wins", { identity: [ALL], session: [DENY] }, "denied"],
    ["a resource's policy grants alone", { identity: [], resource: [grant({ AWS: ROLE_ARN })] }, "allowed"],
    ["to anyone too", { identity: [], resource: [grant("*")] }, "allowed"],
    ["not to somebody else", { identity: [], resource: [grant({ AWS: `${ROLE_ARN}2` })] }, "not-allowed"],
    [
      "a Deny of the identity wins over it",
      { identity: [DENY], resource: [grant({ AWS: ROLE_ARN })] },
      "denied",
    ],
    [
      "a service's grant is not ours",
      { identity: [], resource: [grant({ Service: "sqs.amazonaws.com" })] },
      "not-allowed",
    ],
  ])("%s", (_, policies, expected) => expect(verdict(policies)).toBe(expected));
});

describe(`an account as principal delegates: ${GUIDE}/reference_policies_elements_principal.html`, () => {
  it.each<Case>([
    ["the identity has to allow too", { identity: [], resource: [grant({ AWS: ACCOUNT })] }, "not-allowed"],
    [
      "and then it is allowed",
      { identity: [ALLOW], resource: [grant({ AWS: `arn:aws:iam::${ACCOUNT}:root` })] },
      "allowed",
    ],
    [
      "a Deny of the account is a Deny of all in it",
      { identity: [ALLOW], resource: [grant({ AWS: ACCOUNT }, "Deny")] },
      "denied",
    ],
  ])("%s", (_, policies, expected) => expect(verdict(policies)).toBe(expected));
});

describe(`boundaries: ${GUIDE}/access_policies_boundaries.html`, () => {
  it.each<Case>([
    ["limit what the identity grants", { identity: [ALL], boundary: OTHER }, "not-allowed"],
    ["let pass what they list", { identity: [ALL], boundary: ALLOW }, "allowed"],
    ["grant nothing themselves", { identity: [], boundary: ALL }, "not-allowed"],
    [
      "limit what a resource grants the role",
      { identity: [], boundary: OTHER, resource: [grant({ AWS: ROLE_ARN })] },
      "not-allowed",
    ],
    [
      "not what it grants the session",
      { identity: [], boundary: OTHER, resource: [grant({ AWS: SESSION_ARN })] },
      "allowed",
    ],
    [
      "but deny the session",
      { identity: [], boundary: DENY, resource: [grant({ AWS: SESSION_ARN })] },
      "denied",
    ],
  ])("%s", (_, policies, expected) => expect(verdict(policies)).toBe(expected));
});

describe(`session policies: ${GUIDE}/access_policies.html#policies_session`, () => {
  it.each<Case>([
    ["narrow the identity's", { identity: [ALL], session: [OTHER] }, "not-allowed"],
    ["let pass what they list", { identity: [ALL], session: [ALLOW] }, "allowed"],
    ["grant nothing themselves", { identity: [], session: [ALL] }, "not-allowed"],
    ["an empty one lets nothing pass", { identity: [ALL], session: [NOTHING] }, "not-allowed"],
    [
      "narrow what a resource grants the role",
      { identity: [], session: [OTHER], resource: [grant({ AWS: ROLE_ARN })] },
      "not-allowed",
    ],
    ["all three have to allow", { identity: [ALL], boundary: ALLOW, session: [ALLOW] }, "allowed"],
  ])("%s", (_, policies, expected) => expect(verdict(policies)).toBe(expected));
});

describe(`across accounts: ${GUIDE}/reference_policies_evaluation-logic-cross-account.html`, () => {
  const resourceAccount = OTHER_ACCOUNT;
  it.each<Case>([
    ["the identity alone is not enough", { identity: [ALL], resourceAccount }, "not-allowed"],
    [
      "the resource alone is not enough",
      { identity: [], resourceAccount, resource: [grant({ AWS: ROLE_ARN })] },
      "not-allowed",
    ],
    ["both are", { identity: [ALLOW], resourceAccount, resource: [grant({ AWS: ROLE_ARN })] }, "allowed"],
    [
      "the account is enough for the resource",
      { identity: [ALLOW], resourceAccount, resource: [grant({ AWS: ACCOUNT })] },
      "allowed",
    ],
    [
      "not another account",
      { identity: [ALLOW], resourceAccount, resource: [grant({ AWS: OTHER_ACCOUNT })] },
      "not-allowed",
    ],
    [
      "the boundary still limits",
      { identity: [ALLOW], boundary: OTHER, resourceAccount, resource: [grant({ AWS: ROLE_ARN })] },
      "not-allowed",
    ],
  ])("%s", (_, policies, expected) => expect(verdict(policies)).toBe(expected));
});

describe("where the resource's policy has to allow: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html", () => {
  const isResourcePolicyRequired = true;
  it.each<Case>([
    ["the identity alone is not enough", { identity: [ALL], isResourcePolicyRequired }, "not-allowed"],
    [
      "the account delegates to it",
      { identity: [ALLOW], isResourcePolicyRequired, resource: [grant({ AWS: ACCOUNT })] },
      "allowed",
    ],
    [
      "delegated to nobody",
      { identity: [], isResourcePolicyRequired, resource: [grant({ AWS: ACCOUNT })] },
      "not-allowed",
    ],
    [
      "the role is named itself",
      { identity: [], isResourcePolicyRequired, resource: [grant({ AWS: ROLE_ARN })] },
      "allowed",
    ],
  ])("%s", (_, policies, expected) => expect(verdict(policies)).toBe(expected));
});

describe(`services: ${GUIDE}/reference_policies_elements_principal.html#principal-services`, () => {
  const events: Principal = { kind: "service", service: "events.amazonaws.com" };
  const conditional = policy({
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: "*",
    Condition: { ArnEquals: { "aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/r" } },
  });
  const from = (rule: string) => ({ "aws:SourceArn": `arn:aws:events:eu-west-1:111122223333:rule/${rule}` });
  it("are allowed by the resource's policy alone, for the source that it names", () => {
    expect(verdict({ identity: [], resource: [conditional] }, from("r"), events)).toBe("allowed");
    expect(verdict({ identity: [], resource: [conditional] }, from("q"), events)).toBe("not-allowed");
    expect(verdict({ identity: [ALL] }, from("r"), events)).toBe("not-allowed");
    expect(verdict({ identity: [], resource: [conditional] }, from("r"), SESSION)).toBe("not-allowed");
  });
});

it("says which statements granted, and which denied", () => {
  const send = parsePolicy("role/send", { Statement: { Sid: "Send", ...SEND, Effect: "Allow" } });
  const stop = parsePolicy("boundary", { Statement: [{ ...SEND, Effect: "Deny" }] });
  const question = { action: "sqs:SendMessage", resource: QUEUE, context: {} };
  expect(evaluate(SESSION, { identity: [send] }, question)).toEqual({
    kind: "allowed",
    by: [{ policy: "role/send", statement: "Send" }],
  });
  expect(evaluate(SESSION, { identity: [send], boundary: stop }, question)).toEqual({
    kind: "denied",
    layer: "boundary",
    by: [{ policy: "boundary", statement: "#0" }],
  });
});
