import type { Principal } from "../../local/iam";
import { arn, type Case, check, TOUCHES } from "./calls";
import { allows, type IamRequest, permits, policyOf, roleStatements } from "./iam";
import { asList, asMap, ofType, type Properties, readTemplate, resource } from "./read-template";
import { ACCOUNT, REGION, resolve } from "./resolve";

const infrastructure = readTemplate("Infrastructure");
const autoScaler = readTemplate("AutoScaler");

describe("the webhook's API", () => {
  const put = (source: string, detailType: string, bus = "event-bus/runners-a"): IamRequest => ({
    action: "events:PutEvents",
    resource: arn("events", bus),
    context: { "events:source": [source], "events:detail-type": [detailType] },
  });
  it.each<Case>([
    ["T-22: puts GitLab's job events", "allowed", put("gitlab.webhook", "GitLabJobEvent")],
    ["T-22: cannot put events as the reconciler", "denied", put("gitlab.reconciler", "GitLabJobEvent")],
    ["T-22: cannot put that a runner ended", "denied", put("gitlab.webhook", "RunnerEnded")],
    [
      "T-22: cannot put on another bus",
      "denied",
      put("gitlab.webhook", "GitLabJobEvent", "event-bus/default"),
    ],
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
  const put = (sources: string | readonly string[], role: string): IamRequest => ({
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
    [
      "T-22: lets the API put events as the webhook",
      "allowed",
      put("gitlab.webhook", "webhookintegrationrole"),
    ],
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
    [
      "T-22: lets the function behind the runners' logs report ends",
      "allowed",
      put("gitlab.runner-report", "reportrunnerendrole"),
    ],
    ["T-22: lets nobody else report them", "denied", put("gitlab.runner-report", "admin")],
    [
      "T-22: nor lets that function speak as the webhook",
      "denied",
      put("gitlab.webhook", "reportrunnerendrole"),
    ],
    ["T-22: lets an operator redrive", "allowed", put("gitlab.redrive", "admin")],
  ])("%s", (_, verdict, call) => {
    expect(permits(policies, call) ? "allowed" : "denied").toBe(verdict);
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
    expect(["ops-anna", "admin"].map((role) => permits(asked, put("gitlab.redrive", role)))).toEqual([
      true,
      false,
    ]);
  });
});

const decrypt = (parameter: string, via = `ssm.${REGION}.amazonaws.com`): IamRequest => ({
  action: "kms:Decrypt",
  resource: arn("kms", "key/1"),
  context: {
    "kms:ViaService": via,
    "kms:EncryptionContext:PARAMETER_ARN": arn("ssm", `parameter/gitlabrunner/${parameter}`),
  },
});
const read = (parameter: string): IamRequest => ({
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
  const put = (source: string, detailType = "GitLabJobEvent", bus = "event-bus/runners-a"): IamRequest => ({
    action: "events:PutEvents",
    resource: arn("events", bus),
    context: { "events:source": [source], "events:detail-type": [detailType] },
  });
  const touch = (action: string, table = "webhookidtable"): IamRequest => ({
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
    ["T-22: cannot put events as the reconciler", "denied", put("gitlab.reconciler")],
    ["T-22: cannot put that a runner ended", "denied", put("gitlab.webhook", "RunnerEnded")],
    [
      "T-22: cannot put on another bus",
      "denied",
      put("gitlab.webhook", "GitLabJobEvent", "event-bus/default"),
    ],
    ["T-2: reads an id", "allowed", touch("GetItem")],
    ["T-2: stores an id", "allowed", touch("PutItem")],
    ["T-2: cannot delete an id", "denied", touch("DeleteItem")],
    ["T-2: cannot change an id", "denied", touch("UpdateItem")],
    ["T-2: cannot list ids", "denied", touch("Scan")],
    ["T-12: cannot read a bootstrap row", "denied", touch("GetItem", "bootstraptable")],
  ])("%s", check(roleStatements(infrastructure, "ReceiveSignedWebhookRole")));

  it("T-1: is invoked by one route of this API alone", () => {
    const { properties } = resource(infrastructure, "ReceiveSignedWebhookPermission");
    expect(resolve(infrastructure, properties.SourceArn)).toMatch(
      /:execute-api:.+\/\*\/POST\/signed-webhook$/,
    );
  });
});

describe("the function behind the runners' logs", () => {
  const put = (source: string, detailType: string, bus = "event-bus/runners-a"): IamRequest => ({
    action: "events:PutEvents",
    resource: arn("events", bus),
    context: { "events:source": [source], "events:detail-type": [detailType] },
  });
  it.each<Case>([
    ["T-22: reports ends", "allowed", put("gitlab.runner-report", "InvocationEnded")],
    ["T-22: cannot say what the reconciler says", "denied", put("gitlab.reconciler", "RunnerEnded")],
    ["T-22: has no other word", "denied", put("gitlab.runner-report", "RunnerEnded")],
    [
      "T-22: knows no other bus",
      "denied",
      put("gitlab.runner-report", "InvocationEnded", "event-bus/default"),
    ],
    ["T-12: cannot read the access token", "denied", read("AccessToken")],
  ])("%s", check(roleStatements(infrastructure, "ReportRunnerEndRole")));
});

describe("the cache", () => {
  const object = (action: string, key: string, bucket = "cache-bucket"): IamRequest => ({
    action: `s3:${action}`,
    resource: `arn:aws:s3:::${bucket}${key}`,
  });
  it.each<Case>([
    ["reads an object", "allowed", object("GetObject", "/protected/project/1/key")],
    ["writes an object", "allowed", object("PutObject", "/unprotected/project/1/key")],
    ["cannot delete one", "denied", object("DeleteObject", "/unprotected/project/1/key")],
    ["cannot list the bucket", "denied", object("ListBucket", "")],
    ["cannot reach an object of another shape", "denied", object("GetObject", "/project/1/key")],
    ["cannot reach another bucket", "denied", object("GetObject", "/protected/project/1/key", "other")],
  ])("I-13: %s", check(roleStatements(autoScaler, "CacheRole")));

  it("I-13: is taken by the functions that start runners alone", () => {
    const trust = asMap(
      resolve(autoScaler, resource(autoScaler, "CacheRole").properties.AssumeRolePolicyDocument),
    );
    const takers = asList(trust.Statement).flatMap((statement) =>
      asList(asMap(asMap(statement).Principal).AWS),
    );
    expect(takers).toEqual(
      ["startlambdarunnerrole", "startec2runnerrole", "startmicrovmrunnerrole"].map(
        (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
      ),
    );
  });
});

const LEDGER_READ = ["the ledger", "the ledger's index"];
const VAIN_CALLS = ["calls in vain, to count"];
const SPOT = ["what a spot interruption teaches"];
const SUMS = ["a day's sums, to write"];
const LEDGER = [...LEDGER_READ, "the ledger, to write", ...VAIN_CALLS, ...SPOT, ...SUMS];
const START = ["the access token", "the switch for starts", ...LEDGER];

it.each<readonly [string, readonly string[]]>([
  ["LookUpRunnerRole", ["the access token", "the mapping", ...VAIN_CALLS]],
  [
    "StartLambdaRunnerRole",
    [
      ...START,
      "a bootstrap row, to store",
      "a bootstrap row, to remove",
      "a runner function",
      "a job's cache",
    ],
  ],
  [
    "StartEc2RunnerRole",
    [
      ...START,
      "a bootstrap row, to store",
      "a bootstrap row, to read",
      "a bootstrap row, to remove",
      "a launch",
      "a job's cache",
      "instances, to describe",
    ],
  ],
  [
    "StartMicroVmRunnerRole",
    [
      ...START,
      "a bootstrap row, to store",
      "a bootstrap row, to read",
      "a bootstrap row, to remove",
      "the images of MicroVMs",
      "a MicroVM of ours, to launch",
      "a MicroVM's network",
      "a MicroVM's role",
      "a job's cache",
    ],
  ],
  ["RecordPickUpRole", ["the access token", ...LEDGER, "the bus"]],
  [
    "FindRunnerRole",
    [
      "the access token",
      "instances, to describe",
      "a MicroVM of ours, to describe",
      ...LEDGER_READ,
      ...VAIN_CALLS,
      ...SPOT,
    ],
  ],
  ["RecordEndReportRole", ["the access token", ...LEDGER]],
  ["UnregisterRunnerRole", ["the access token", ...LEDGER, "a bootstrap row, to remove"]],
  [
    "TerminateInstanceRole",
    [
      ...LEDGER,
      "instances, to describe",
      "an instance of ours, to terminate",
      "the console of an instance of ours",
      "a MicroVM of ours, to describe",
      "a MicroVM of ours, to suspend",
      "a MicroVM of ours, to terminate",
    ],
  ],
  ["StartNextJobRole", [...LEDGER, "the bus"]],
  ["RecordFailureRole", LEDGER],
  ["RollUpUsageRole", ["the mapping", ...SUMS]],
  [
    "ReconcilerRole",
    [
      ...START,
      "the mapping",
      "instances, to describe",
      "the account's concurrency",
      "the bus",
      "the images of MicroVMs",
      "MicroVMs, to list",
      "a MicroVM of ours, to describe",
    ],
  ],
])("T-12 T-31: %s allows what its function needs and nothing else", (role, expected) => {
  const statements = roleStatements(autoScaler, role);
  const touched = Object.entries(TOUCHES).flatMap(([what, call]) => (allows(statements, call) ? what : []));
  expect(touched.sort()).toEqual([...expected].sort());
});

describe("starting Lambda runners", () => {
  const invoke = (context: IamRequest["context"]): IamRequest => ({
    action: "lambda:InvokeFunction",
    resource: arn("lambda", "function:f"),
    ...(context ? { context } : {}),
  });
  it.each<Case>([
    [
      "T-17: cannot invoke a function that is not a runner",
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
  const onVictim =
    (action: string) =>
    (context: IamRequest["context"]): IamRequest => ({
      action,
      resource: arn("ec2", "instance/i-0victim"),
      ...(context ? { context } : {}),
    });
  const terminate = onVictim("ec2:TerminateInstances");
  const readConsole = onVictim("ec2:GetConsoleOutput");
  it.each<Case>([
    ["T-16: cannot terminate an instance without our tag", "denied", terminate(undefined)],
    [
      "T-26: cannot terminate another deployment's instance",
      "denied",
      terminate({ "aws:ResourceTag/glr:stack": "runners-b" }),
    ],
    ["T-16: cannot read the console of an instance without our tag", "denied", readConsole(undefined)],
    [
      "T-26: cannot read the console of another deployment's instance",
      "denied",
      readConsole({ "aws:ResourceTag/glr:stack": "runners-b" }),
    ],
  ])("%s", check(roleStatements(autoScaler, "TerminateInstanceRole")));
});

describe("T-27: nobody of ours gets a way into a MicroVM", () => {
  const roles = ["StartMicroVmRunnerRole", "FindRunnerRole", "TerminateInstanceRole", "ReconcilerRole"];
  it.each(roles)("whatever a later policy allows: %s", (role) => {
    const anything = { Effect: "Allow", Action: ["lambda:*"], Resource: "*" };
    const statements = [...roleStatements(autoScaler, role), anything];
    for (const action of ["lambda:CreateMicrovmAuthToken", "lambda:CreateMicrovmShellAuthToken"]) {
      const call = { action, resource: arn("lambda", "microvm-image:gitlab-runners-2048-0a1b2c3d") };
      expect([action, allows(statements, call)]).toEqual([action, false]);
    }
  });
});

it("S-6: lets only our bus's rules in our account assume the role", () => {
  const trust = (role: string, source: string, account: string = ACCOUNT): boolean => {
    const document = asMap(
      resolve(autoScaler, resource(autoScaler, role).properties.AssumeRolePolicyDocument),
    );
    const policies = { identity: [], resource: [policyOf(asList(document.Statement).map(asMap))] };
    const context = { "aws:SourceArn": source, "aws:SourceAccount": account };
    const events: Principal = { kind: "service", service: "events.amazonaws.com" };
    return permits(policies, { action: "sts:AssumeRole", resource: "*", context }, events);
  };
  const ourRule = arn("events", "rule/gitlab-runners-infrastructure/r");
  expect(trust("StartRunnerRulesRole", ourRule)).toBe(true);
  expect(trust("StartRunnerRulesRole", arn("events", "rule/other-bus/r"))).toBe(false);
  expect(trust("StartRunnerRulesRole", ourRule, "999999999999")).toBe(false);
  expect(trust("StopRunnerRulesRole", arn("events", "rule/r"))).toBe(true);
});

it("P-14: lets no function write a parameter: one for each runner would be throttled, and 10,000 are the limit", () => {
  const writes: IamRequest = {
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
