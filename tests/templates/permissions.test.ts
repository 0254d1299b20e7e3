import type { Principal } from "../../local/iam";
import { arn, type Case, check, TOUCHES } from "./calls";
import { allows, type Call, judges, policyOf, roleStatements } from "./iam";
import { asList, asMap, ofType, type Properties, readTemplate, resource } from "./read-template";
import { ACCOUNT, REGION, resolve } from "./resolve";

const infrastructure = readTemplate("Infrastructure");
const autoScaler = readTemplate("AutoScaler");

describe("the webhook's API", () => {
  const put = (source: string, detailType: string, bus = "event-bus/runners-a"): Call => ({
    action: "events:PutEvents",
    resource: arn("events", bus),
    context: { "events:source": [source], "events:detail-type": [detailType] },
  });
  it.each<Case>([
    ["T-22: puts GitLab's job events", "allowed", put("gitlab.webhook", "GitLabJobEvent")],
    ["T-22: cannot speak for the reconciler", "denied", put("gitlab.reconciler", "GitLabJobEvent")],
    ["T-22: cannot say that a runner ended", "denied", put("gitlab.webhook", "RunnerEnded")],
    ["T-22: knows no other bus", "denied", put("gitlab.webhook", "GitLabJobEvent", "event-bus/default")],
    [
      "T-22: puts nothing without a source",
      "denied",
      { action: "events:PutEvents", resource: arn("events", "event-bus/runners-a") },
    ],
  ])("%s", check(roleStatements(infrastructure, "WebhookIntegrationRole")));
});

describe("the bus", () => {
  const statements = [infrastructure, autoScaler].flatMap((template) =>
    ofType(template, "AWS::Events::EventBusPolicy").map(({ properties }) =>
      // AutoScaler names the bus by its parameter, whose default is that of another stack.
      asMap(resolve(template, properties.Statement, { EventBusName: "runners-a" })),
    ),
  );
  const put = (sources: string | readonly string[], role: string): Call => ({
    action: "events:PutEvents",
    resource: arn("events", "event-bus/runners-a"),
    context: {
      "events:source": typeof sources === "string" ? [sources] : sources,
      "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/${role}`,
    },
  });
  const ofAccount: Properties = { Effect: "Allow", Action: "events:*", Resource: "*" };
  const policies = { identity: [policyOf([ofAccount])], resource: [policyOf(statements)] };
  it.each<Case>([
    ["T-22: lets the API speak as the webhook", "allowed", put("gitlab.webhook", "webhookintegrationrole")],
    [
      "T-22: lets the signed webhook's function do so",
      "allowed",
      put("gitlab.webhook", "receivesignedwebhookrole"),
    ],
    ["T-22: lets nobody else, whatever their role allows", "denied", put("gitlab.webhook", "admin")],
    ["T-22: nor the authorizer", "denied", put("gitlab.webhook", "authorizewebhookrole")],
    ["T-22: lets the reconciler speak as itself", "allowed", put("gitlab.reconciler", "reconcilerrole")],
    ["T-22: and the pick-up's function", "allowed", put("gitlab.reconciler", "recordpickuprole")],
    ["T-22: and that of the next job", "allowed", put("gitlab.reconciler", "startnextjobrole")],
    ["T-22: lets nobody else do so", "denied", put("gitlab.reconciler", "admin")],
    ["T-22: nor a function that puts no events", "denied", put("gitlab.reconciler", "lookuprunnerrole")],
    ["T-22: nor hide it among others", "denied", put(["somebody", "gitlab.reconciler"], "admin")],
    ["T-22: lets an operator redrive", "allowed", put("gitlab.redrive", "admin")],
  ])("%s", (_, verdict, call) => {
    expect(judges(policies, call) ? "allowed" : "denied").toBe(verdict);
  });

  it("T-22: allows nothing itself, so that each role puts what its own policy says and no more", () => {
    expect(statements.map(({ Effect }) => Effect)).toEqual(statements.map(() => "Deny"));
  });

  it("T-22: lets nobody redrive but those that the parameter names", () => {
    const given = { EventBusName: "runners-a", RedrivePrincipalArns: [`arn:aws:iam::${ACCOUNT}:role/ops-*`] };
    const narrowed = ofType(autoScaler, "AWS::Events::EventBusPolicy").map(({ properties }) =>
      asMap(resolve(autoScaler, properties.Statement, given)),
    );
    const asked = { identity: [policyOf([ofAccount])], resource: [policyOf(narrowed)] };
    expect(["ops-anna", "admin"].map((role) => judges(asked, put("gitlab.redrive", role)))).toEqual([
      true,
      false,
    ]);
  });
});

const decrypt = (parameter: string, via = `ssm.${REGION}.amazonaws.com`): Call => ({
  action: "kms:Decrypt",
  resource: arn("kms", "key/1"),
  context: {
    "kms:ViaService": via,
    "kms:EncryptionContext:PARAMETER_ARN": arn("ssm", `parameter/gitlabrunner/${parameter}`),
  },
});
const read = (parameter: string): Call => ({
  action: "ssm:GetParameters",
  resource: arn("ssm", `parameter/gitlabrunner/${parameter}`),
});

describe("the authorizer", () => {
  it.each<Case>([
    ["T-12: reads the webhook's secret", "allowed", read("WebhookSecret")],
    ["T-12: reads the secret before it", "allowed", read("WebhookSecretPrevious")],
    ["T-12: cannot read the access token", "denied", read("AccessToken")],
    ["T-12: cannot read the signing key", "denied", read("WebhookSigningKey")],
    ["T-12: decrypts the webhook's secret", "allowed", decrypt("WebhookSecret")],
    ["T-12: cannot decrypt the access token", "denied", decrypt("AccessToken")],
    ["T-12: decrypts for Parameter Store alone", "denied", decrypt("WebhookSecret", "secretsmanager.x")],
  ])("%s", check(roleStatements(infrastructure, "AuthorizeWebhookRole")));
});

describe("the signed webhook's function", () => {
  const SECRETS = [
    "WebhookSigningKey",
    "WebhookSigningKeyPrevious",
    "WebhookSecret",
    "WebhookSecretPrevious",
  ];
  const put = (source: string, detailType = "GitLabJobEvent", bus = "event-bus/runners-a"): Call => ({
    action: "events:PutEvents",
    resource: arn("events", bus),
    context: { "events:source": [source], "events:detail-type": [detailType] },
  });
  const touch = (action: string, table = "webhookidtable"): Call => ({
    action: `dynamodb:${action}`,
    resource: arn("dynamodb", `table/${table}`),
  });
  it.each<Case>([
    ...SECRETS.flatMap((name): readonly Case[] => [
      [`T-12: reads ${name}`, "allowed", read(name)],
      [`T-12: decrypts ${name}`, "allowed", decrypt(name)],
    ]),
    ["T-12: cannot read the access token", "denied", read("AccessToken")],
    ["T-12: cannot decrypt the access token", "denied", decrypt("AccessToken")],
    ["T-12: decrypts for Parameter Store alone", "denied", decrypt("WebhookSigningKey", "secretsmanager.x")],
    ["T-22: puts GitLab's job events", "allowed", put("gitlab.webhook")],
    ["T-22: cannot speak for the reconciler", "denied", put("gitlab.reconciler")],
    ["T-22: cannot say that a runner ended", "denied", put("gitlab.webhook", "RunnerEnded")],
    ["T-22: knows no other bus", "denied", put("gitlab.webhook", "GitLabJobEvent", "event-bus/default")],
    ["T-2: looks an id up", "allowed", touch("GetItem")],
    ["T-2: remembers an id", "allowed", touch("PutItem")],
    ["T-2: forgets no id", "denied", touch("DeleteItem")],
    ["T-2: changes no id", "denied", touch("UpdateItem")],
    ["T-2: lists no ids", "denied", touch("Scan")],
    ["T-12: reads no bootstrap row", "denied", touch("GetItem", "bootstraptable")],
  ])("%s", check(roleStatements(infrastructure, "ReceiveSignedWebhookRole")));

  it("T-1: is called by this API's one route alone", () => {
    const { properties } = resource(infrastructure, "ReceiveSignedWebhookPermission");
    expect(resolve(infrastructure, properties.SourceArn)).toMatch(
      /:execute-api:.+\/\*\/POST\/signed-webhook$/,
    );
  });
});

const LEDGER_READ = ["the ledger", "the ledger's index"];
const LEDGER = [...LEDGER_READ, "the ledger, to write"];
const START = ["the access token", "the switch for starts", ...LEDGER];

it.each<readonly [string, readonly string[]]>([
  ["LookUpRunnerRole", ["the access token", "the mapping"]],
  [
    "StartLambdaRunnerRole",
    [...START, "a bootstrap row, to store", "a bootstrap row, to remove", "a runner function"],
  ],
  [
    "StartEc2RunnerRole",
    [
      ...START,
      "a bootstrap row, to store",
      "a bootstrap row, to read",
      "a bootstrap row, to remove",
      "a launch",
      "instances, to look at",
    ],
  ],
  ["RecordPickUpRole", ["the access token", ...LEDGER, "the bus"]],
  ["FindRunnerRole", ["the access token", "instances, to look at", ...LEDGER_READ]],
  ["UnregisterRunnerRole", ["the access token", ...LEDGER, "a bootstrap row, to remove"]],
  ["TerminateInstanceRole", [...LEDGER, "instances, to look at", "an instance of ours, to end"]],
  ["StartNextJobRole", [...LEDGER, "the bus"]],
  ["RecordFailureRole", LEDGER],
  ["ReconcilerRole", [...START, "the mapping", "instances, to look at", "the bus"]],
])("T-12 T-31: %s may touch what its function is for, and nothing else", (role, expected) => {
  const statements = roleStatements(autoScaler, role);
  const touched = Object.entries(TOUCHES).flatMap(([what, call]) => (allows(statements, call) ? what : []));
  expect(touched.sort()).toEqual([...expected].sort());
});

describe("starting Lambda runners", () => {
  const invoke = (context: Call["context"]): Call => ({
    action: "lambda:InvokeFunction",
    resource: arn("lambda", "function:f"),
    ...(context ? { context } : {}),
  });
  it.each<Case>([
    [
      "T-17: cannot invoke a function that is no runner",
      "denied",
      invoke({ "aws:ResourceTag/glr:stack": "runners-a" }),
    ],
    [
      "T-26: cannot invoke another deployment's runner",
      "denied",
      invoke({ "aws:ResourceTag/glr:role": "runner", "aws:ResourceTag/glr:stack": "runners-b" }),
    ],
    ["T-17: cannot invoke a function without tags", "denied", invoke(undefined)],
  ])("%s", check(roleStatements(autoScaler, "StartLambdaRunnerRole")));
});

describe("ending instances", () => {
  const terminate = (context: Call["context"]): Call => ({
    action: "ec2:TerminateInstances",
    resource: arn("ec2", "instance/i-0victim"),
    ...(context ? { context } : {}),
  });
  it.each<Case>([
    ["T-16: leaves an instance without our tag alone", "denied", terminate(undefined)],
    [
      "T-26: leaves another deployment's alone",
      "denied",
      terminate({ "aws:ResourceTag/glr:stack": "runners-b" }),
    ],
  ])("%s", check(roleStatements(autoScaler, "TerminateInstanceRole")));
});

it("S-6: takes a role for our bus's rules, in our account", () => {
  const trust = (role: string, source: string, account: string = ACCOUNT): boolean => {
    const document = asMap(
      resolve(autoScaler, resource(autoScaler, role).properties.AssumeRolePolicyDocument),
    );
    const policies = { identity: [], resource: [policyOf(asList(document.Statement).map(asMap))] };
    const context = { "aws:SourceArn": source, "aws:SourceAccount": account };
    const events: Principal = { kind: "service", service: "events.amazonaws.com" };
    return judges(policies, { action: "sts:AssumeRole", resource: "*", context }, events);
  };
  const ourRule = arn("events", "rule/gitlab-runners-infrastructure/r");
  expect(trust("StartRunnerRulesRole", ourRule)).toBe(true);
  expect(trust("StartRunnerRulesRole", arn("events", "rule/other-bus/r"))).toBe(false);
  expect(trust("StartRunnerRulesRole", ourRule, "999999999999")).toBe(false);
  expect(trust("StopRunnerRulesRole", arn("events", "rule/r"))).toBe(true);
});

it("P-14: lets nobody write a parameter: one for each runner would throttle, and run out at 10,000", () => {
  const writes: Call = {
    action: "ssm:PutParameter",
    resource: arn("ssm", "parameter/gitlabrunner/runner-1"),
  };
  const roles = [infrastructure, autoScaler].flatMap((template) =>
    ofType(template, "AWS::IAM::Role").map(({ id }) => ({ id, statements: roleStatements(template, id) })),
  );
  expect(roles.length).toBeGreaterThan(10);
  expect(roles.filter(({ statements }) => allows(statements, writes)).map(({ id }) => id)).toEqual([]);
  expect(allows([{ Effect: "Allow", Action: "ssm:*", Resource: "*" }], writes)).toBe(true);
});
