import { rightsOf } from "../../local/iam";
import { BEYOND_A_RUNNER } from "./beyond-a-runner";
import { arn, type Case, check, row, TOUCHES } from "./calls";
import { type IamRequest, managedStatements, permits, policyOf, roleStatements } from "./iam";
import { asList, readTemplate, resource } from "./read-template";

const autoScaler = readTemplate("AutoScaler");
const lambdaRunner = readTemplate("LambdaShellRunner");

const write = (action: string, group: string, stream = "s"): IamRequest => ({
  action,
  resource: arn("logs", `log-group:${group}:log-stream:${stream}`),
});
const INSTANCES = "runnerinstanceloggroup";

/** What Session Manager's agent does, for a role with this value of the tag by which operators allow shells. */
const shellCalls = (value: string | undefined): readonly IamRequest[] =>
  [
    ["ssm:UpdateInstanceInformation", arn("ec2", "instance/i-1")],
    ["ssmmessages:CreateControlChannel", "*"],
    ["ssmmessages:CreateDataChannel", "*"],
    ["ssmmessages:OpenControlChannel", "*"],
    ["ssmmessages:OpenDataChannel", "*"],
  ].map(([action = "", resource = ""]) => ({
    action,
    resource,
    context: value === undefined ? {} : { "aws:PrincipalTag/glr:shell": value },
  }));

describe("an EC2 runner", () => {
  it.each([
    [undefined, false],
    ["off", false],
    ["on", true],
  ])("T-31: reaches Session Manager where its role's tag glr:shell is on: %s, %s", (value, isAllowed) => {
    const identity = [policyOf(roleStatements(autoScaler, "RunnerInstanceRole"))];
    const boundary = policyOf(managedStatements(autoScaler, "RunnerBoundary"));
    for (const call of shellCalls(value)) {
      expect(permits({ identity }, call)).toBe(isAllowed);
      expect(
        permits({ identity: [policyOf([{ Effect: "Allow", Action: "*", Resource: "*" }])], boundary }, call),
      ).toBe(isAllowed);
    }
  });

  it("T-31: is not given the tag by the stack", () => {
    const { Tags } = resource(autoScaler, "RunnerInstanceRole").properties;
    expect(JSON.stringify(Tags)).not.toContain("shell");
  });

  it.each<Case>([
    ["T-13: takes its own row", "allowed", row("AROAX:i-1")],
    ["P-15: cannot take its neighbour's", "denied", row("AROAX:i-2")],
    ["P-15: cannot take a row without a key", "denied", row(undefined)],
    ["P-15: cannot read a row and leave it", "denied", row("AROAX:i-1", "dynamodb:GetItem")],
    ["P-15: cannot scan the table", "denied", row("AROAX:i-1", "dynamodb:Scan")],
    ["P-15: cannot ask for many rows", "denied", row("AROAX:i-1", "dynamodb:BatchGetItem")],
    ["I-23: needs no right to end itself", "denied", TOUCHES["an instance of ours, to terminate"]],
    ["opens a log stream in the group of instances", "allowed", write("logs:CreateLogStream", INSTANCES)],
    ["writes into the stream of an instance", "allowed", write("logs:PutLogEvents", INSTANCES, "i-1/0f")],
    ["T-32: cannot write under another name", "denied", write("logs:PutLogEvents", INSTANCES, "x")],
    ["T-32: cannot write a function's log", "denied", write("logs:PutLogEvents", "another", "i-1/0f")],
    [
      "T-32: cannot list streams, whose names are secret",
      "denied",
      write("logs:DescribeLogStreams", INSTANCES),
    ],
    ["T-32: cannot read what others wrote", "denied", write("logs:GetLogEvents", INSTANCES, "i-1/0f")],
    ["T-32: cannot search what others wrote", "denied", write("logs:FilterLogEvents", INSTANCES)],
    ["T-32: cannot delete what it wrote", "denied", write("logs:DeleteLogStream", INSTANCES, "i-1/0f")],
  ])("%s", check(roleStatements(autoScaler, "RunnerInstanceRole")));
});

describe("a Lambda runner", () => {
  const statements = roleStatements(lambdaRunner, "RunnerRole");
  it.each<Case>([
    ["T-9: takes a row by its key", "allowed", row("nonce")],
    ["T-9: cannot query the table", "denied", row("nonce", "dynamodb:Query")],
    ["T-9: cannot store a row", "denied", row("nonce", "dynamodb:PutItem")],
    ["T-9: cannot reach the bus", "denied", TOUCHES["the bus"]],
    ["T-9: cannot reach tokens", "denied", TOUCHES["the access token"]],
  ])("%s", check(statements));

  it("T-6 T-9 I-30: has two statements, its log and its row", () => {
    expect(statements.flatMap(({ Action }) => asList(Action)).sort()).toEqual([
      "dynamodb:DeleteItem",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]);
  });
});

/** What each kind of runner needs: its own row, and where to write. */
const NEEDS: Readonly<Record<string, readonly Case[]>> = {
  AutoScaler: [
    ["lets it take its own row", "allowed", row("AROAX:i-1")],
    ["lets it open a log stream", "allowed", write("logs:CreateLogStream", INSTANCES)],
    ["lets it write its log", "allowed", write("logs:PutLogEvents", INSTANCES, "i-1/0f")],
    ["T-32: keeps other logs out", "denied", write("logs:PutLogEvents", "another", "i-1/0f")],
    ["T-32: keeps its log's names secret", "denied", write("logs:DescribeLogStreams", INSTANCES)],
    ["T-32: keeps its log whole", "denied", write("logs:DeleteLogStream", INSTANCES, "i-1/0f")],
  ],
  LambdaShellRunner: [
    ["lets it take its row", "allowed", row("nonce")],
    ["lets it open a log stream", "allowed", write("logs:CreateLogStream", "runnerloggroup")],
    ["lets it write its log", "allowed", write("logs:PutLogEvents", "runnerloggroup")],
    ["T-32: keeps other logs out", "denied", write("logs:PutLogEvents", "another")],
    ["T-32: keeps its log whole", "denied", write("logs:DeleteLogStream", "runnerloggroup")],
  ],
};

/** Of AutoScaler's boundary: another's row is another's, whatever the role's policies say. */
const FOREIGN_ROWS: readonly Case[] = [
  ["P-15: keeps its neighbour's row out", "denied", row("AROAX:i-2")],
  ["P-15: keeps rows without a key out", "denied", row(undefined)],
];

/** The role's policies allow everything; only the boundary limits it. */
describe.each([autoScaler, lambdaRunner])(
  "the boundary in $name, under a policy that allows everything",
  (template) => {
    const boundary = policyOf(managedStatements(template, "RunnerBoundary"));
    const everything = policyOf([{ Effect: "Allow", Action: "*", Resource: "*" }]);
    it.each<Case>([
      ...(NEEDS[template.name] ?? []),
      ...(template.name === "AutoScaler" ? FOREIGN_ROWS : []),
      ...BEYOND_A_RUNNER,
    ])("%s", (_, verdict, call) => {
      expect(permits({ identity: [everything] }, call)).toBe(true);
      expect(permits({ identity: [everything], boundary }, call) ? "allowed" : "denied").toBe(verdict);
    });
  },
);

/** A boundary that allows more than the role shows that nobody has asked what the runner needs. */
it.each([
  ["RunnerInstanceRole", autoScaler],
  ["RunnerRole", lambdaRunner],
] as const)("T-6 T-23: the boundary of %s allows what the role has, and no more", (role, template) => {
  const boundary = managedStatements(template, "RunnerBoundary");
  expect(
    rightsOf(policyOf(boundary))
      .map(({ action }) => action)
      .sort(),
  ).toEqual(
    rightsOf(policyOf(roleStatements(template, role)))
      .map(({ action }) => action)
      .sort(),
  );
  expect(boundary.map(({ Effect }) => Effect)).not.toContain("Deny");
});
