import { evaluate, type Principal, parsePolicy } from ".";
import {
  ACCOUNT,
  ALL,
  isMet,
  policy,
  QUEUE,
  ROLE_ARN,
  SESSION,
  SESSION_ARN,
  variable,
  verdict,
} from "./testing";

const GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide";

const allows = (statement: object, action: string, resource: string, context = {}): boolean =>
  evaluate(SESSION, { identity: [policy({ Effect: "Allow", ...statement })] }, { action, resource, context })
    .kind === "allowed";

const BUCKET = "arn:aws:s3:::b";

describe("actions and resources", () => {
  it.each<readonly [says: string, statement: object, action: string, resource: string, allowed: boolean]>([
    [
      `the action's name knows no case (${GUIDE}/reference_policies_elements_action.html)`,
      { Action: "IAM:listaccesskeys", Resource: "*" },
      "iam:ListAccessKeys",
      "*",
      true,
    ],
    [
      "a wildcard in the action",
      { Action: "s3:*Object", Resource: "*" },
      "s3:GetObject",
      `${BUCKET}/k`,
      true,
    ],
    [
      "it ends where the pattern ends",
      { Action: "s3:Get*t", Resource: "*" },
      "s3:GetObjectAcl",
      `${BUCKET}/k`,
      false,
    ],
    [
      `NotAction means all but those listed (${GUIDE}/reference_policies_elements_notaction.html)`,
      { NotAction: "iam:*", Resource: "*" },
      "s3:GetObject",
      `${BUCKET}/k`,
      true,
    ],
    ["and not those", { NotAction: "iam:*", Resource: "*" }, "iam:GetRole", ROLE_ARN, false],
    [
      `NotResource means all but those listed (${GUIDE}/reference_policies_elements_notresource.html)`,
      { Action: "s3:*", NotResource: [BUCKET, `${BUCKET}/*`] },
      "s3:GetObject",
      "arn:aws:s3:::c/k",
      true,
    ],
    [
      "and not those",
      { Action: "s3:*", NotResource: [BUCKET, `${BUCKET}/*`] },
      "s3:GetObject",
      `${BUCKET}/k`,
      false,
    ],
    [
      `* goes over slashes (${GUIDE}/reference_policies_elements_resource.html)`,
      { Action: "s3:*", Resource: `${BUCKET}/*/test/*` },
      "s3:GetObject",
      `${BUCKET}/1/2/3/test/4/object.jpg`,
      true,
    ],
    [
      "but needs what stands beside it",
      { Action: "s3:*", Resource: `${BUCKET}/*/test/*` },
      "s3:GetObject",
      `${BUCKET}/1-test/o`,
      false,
    ],
    [
      "* at the end of a part goes over colons",
      { Action: "ec2:*", Resource: "arn:aws:ec2:*" },
      "ec2:RunInstances",
      `arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/i`,
      true,
    ],
    [
      "the resource knows case",
      { Action: "s3:*", Resource: `${BUCKET}/K` },
      "s3:GetObject",
      `${BUCKET}/k`,
      false,
    ],
  ])("%s", (_, statement, action, resource, allowed) => {
    expect(allows(statement, action, resource)).toBe(allowed);
  });
});

describe(`variables: ${GUIDE}/reference_policies_variables.html`, () => {
  const home = { Action: "s3:GetObject", Resource: `${BUCKET}/\${aws:userid}/*` };
  const team = { Action: "s3:GetObject", Resource: `${BUCKET}/\${aws:PrincipalTag/team, 'company-wide'}/*` };
  it.each<readonly [says: string, statement: object, key: string, context: object, allowed: boolean]>([
    ["are filled in", home, "AROA:one/k", { "aws:userid": "AROA:one" }, true],
    ["of another", home, "AROA:two/k", { "aws:userid": "AROA:one" }, false],
    ["without a value fit nothing", home, "/k", {}, false],
    ["take their default", team, "company-wide/k", {}, true],
    ["or their value", team, "red/k", { "aws:PrincipalTag/team": "red" }, true],
    ["and then not the default", team, "company-wide/k", { "aws:PrincipalTag/team": "red" }, false],
    ["bring no wildcards of their own", home, "AROA:two/k", { "aws:userid": "*" }, false],
    [
      "know a written-out * as a character",
      { Action: "s3:GetObject", Resource: `${BUCKET}/\${*}` },
      "*",
      {},
      true,
    ],
    ["which is no wildcard", { Action: "s3:GetObject", Resource: `${BUCKET}/\${*}` }, "k", {}, false],
  ])("%s", (_, statement, key, context, allowed) => {
    expect(allows(statement, "s3:GetObject", `${BUCKET}/${key}`, context)).toBe(allowed);
  });

  it("are filled in inside conditions", () => {
    const own = { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [variable("aws:userid")] } };
    expect(isMet(own, { "dynamodb:LeadingKeys": ["AROA:i-1"], "aws:userid": "AROA:i-1" })).toBe(true);
    expect(isMet(own, { "dynamodb:LeadingKeys": ["AROA:i-2"], "aws:userid": "AROA:i-1" })).toBe(false);
    expect(isMet(own, { "dynamodb:LeadingKeys": ["AROA:i-1", "AROA:i-2"], "aws:userid": "AROA:i-1" })).toBe(
      false,
    );
  });

  it("equal nothing without a value, so that a negated operator holds", () => {
    expect(
      isMet({ StringNotEquals: { "aws:UserAgent": variable("aws:username") } }, { "aws:UserAgent": "x" }),
    ).toBe(true);
  });

  it(`are plain text before version 2012-10-17 (${GUIDE}/reference_policies_elements_version.html)`, () => {
    const old = parsePolicy("old", {
      Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: home.Resource },
    });
    const ask = (key: string) =>
      evaluate(
        SESSION,
        { identity: [old] },
        { action: "s3:GetObject", resource: `${BUCKET}/${key}`, context: { "aws:userid": "u" } },
      );
    expect(ask("u/k").kind).toBe("not-allowed");
    expect(ask(`${variable("aws:userid")}/k`).kind).toBe("allowed");
  });
});

describe(`NotPrincipal: ${GUIDE}/reference_policies_elements_notprincipal.html`, () => {
  const denyAllBut = (...names: string[]) =>
    policy({ Effect: "Deny", NotPrincipal: { AWS: names }, Action: "sqs:*", Resource: "*" });
  const root = `arn:aws:iam::${ACCOUNT}:root`;
  it.each([
    ["spares a session listed with its role and account", [SESSION_ARN, ROLE_ARN, root], "allowed"],
    ["takes the account's number for the account", [SESSION_ARN, ROLE_ARN, ACCOUNT], "allowed"],
    ["stops it when the account is not listed", [SESSION_ARN, ROLE_ARN], "denied"],
    ["stops it when the role is not listed", [SESSION_ARN, root], "denied"],
    ["stops it when the session is not listed", [ROLE_ARN, root], "denied"],
    ["stops everybody else", [`arn:aws:iam::${ACCOUNT}:user/bob`, root], "denied"],
  ])("%s", (_, names, expected) => {
    expect(verdict({ identity: [ALL], resource: [denyAllBut(...names)] })).toBe(expected);
  });

  it("spares a user listed with the account", () => {
    const bob: Principal = { kind: "user", arn: `arn:aws:iam::${ACCOUNT}:user/bob`, account: ACCOUNT };
    const deny = denyAllBut(bob.arn, root);
    expect(verdict({ identity: [ALL], resource: [deny] }, {}, bob, QUEUE)).toBe("allowed");
  });
});
