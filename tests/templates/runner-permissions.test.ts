import { type Case, check, row, TOUCHES } from "./calls";
import { managedStatements, roleStatements } from "./iam";
import { asList, readTemplate } from "./read-template";

const autoScaler = readTemplate("AutoScaler");
const lambdaRunner = readTemplate("LambdaShellRunner");

describe("an EC2 runner", () => {
  it.each<Case>([
    ["T-13: takes its own row", "allowed", row("AROAX:i-1")],
    ["P-15: cannot take its neighbour's", "denied", row("AROAX:i-2")],
    ["P-15: cannot read without a key", "denied", row(undefined, "dynamodb:GetItem")],
    ["P-15: cannot scan the table", "denied", row("AROAX:i-1", "dynamodb:Scan")],
    ["P-15: cannot ask for many rows", "denied", row("AROAX:i-1", "dynamodb:BatchGetItem")],
    ["I-23: needs no right to end itself", "denied", TOUCHES["an instance of ours, to terminate"]],
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

/** The role's policies allow everything; only the boundary limits it. */
describe.each([
  ["EC2", autoScaler],
  ["Lambda", lambdaRunner],
] as const)("the boundary of %s runners, under a policy that allows everything", (_, template) => {
  const statements = managedStatements(template, "RunnerBoundary");
  it.each<Case>([
    ["T-23: keeps roles out", "denied", { action: "iam:PassRole", resource: "*" }],
    ["T-23: keeps other roles out", "denied", { action: "sts:AssumeRole", resource: "*" }],
    ["T-23: keeps launches out", "denied", { action: "ec2:RunInstances", resource: "*" }],
    ["T-23: keeps functions out", "denied", TOUCHES["a runner function"]],
    ["T-23: keeps the bus out", "denied", TOUCHES["the bus"]],
    ["T-31: keeps commands on machines out", "denied", TOUCHES["commands on machines"]],
    ["T-12: keeps the access token out", "denied", TOUCHES["the access token"]],
    ["T-12: keeps the ledger out", "denied", TOUCHES["the ledger"]],
    ["T-12: keeps the mapping out", "denied", TOUCHES["the mapping, to write"]],
    ["allows the runner's own row", "allowed", row("AROAX:i-1")],
    ["allows what a job needs", "allowed", { action: "s3:GetObject", resource: "arn:aws:s3:::b/k" }],
  ])("%s", check(statements));
});
