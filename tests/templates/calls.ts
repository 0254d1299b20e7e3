import { allows, type IamRequest } from "./iam";
import type { Properties } from "./read-template";
import { ACCOUNT, REGION } from "./resolve";

export const arn = (service: string, name: string, account: string = ACCOUNT): string =>
  `arn:aws:${service}:${REGION}:${account}:${name}`;

export type Case = readonly [title: string, verdict: "allowed" | "denied", call: IamRequest];

export const check =
  (statements: readonly Properties[]) => (_: string, verdict: string, call: IamRequest) => {
    expect(allows(statements, call) ? "allowed" : "denied").toBe(verdict);
  };

/** A MicroVM is known by its image alone. */
const OUR_IMAGE = {
  resource: arn("lambda", "microvm-image:gitlab-runners-2048-0a1b2c3d"),
  context: { "aws:ResourceTag/glr:stack": "runners-a" },
};

/** Accesses that a function of the control plane may need: GitLab's token, tables, launches, ends, the bus. */
export const TOUCHES = {
  "the access token": {
    action: "ssm:GetParameters",
    resource: arn("ssm", "parameter/gitlabrunner/AccessToken"),
  },
  "the webhook's secret": {
    action: "ssm:GetParameters",
    resource: arn("ssm", "parameter/gitlabrunner/WebhookSecret"),
  },
  "the switch for starts": {
    action: "ssm:GetParameters",
    resource: arn("ssm", "parameter/gitlabrunner/Starts"),
  },
  "the mapping": { action: "dynamodb:Query", resource: arn("dynamodb", "table/mappingtable") },
  "the mapping, to write": { action: "dynamodb:PutItem", resource: arn("dynamodb", "table/mappingtable") },
  "the ledger": { action: "dynamodb:GetItem", resource: arn("dynamodb", "table/ledgertable") },
  "the ledger's index": {
    action: "dynamodb:Query",
    resource: arn("dynamodb", "table/ledgertable/index/open"),
  },
  "the ledger, to write": { action: "dynamodb:PutItem", resource: arn("dynamodb", "table/ledgertable") },
  "the ledger, to empty": { action: "dynamodb:DeleteItem", resource: arn("dynamodb", "table/ledgertable") },
  "the ledger, whole": { action: "dynamodb:Scan", resource: arn("dynamodb", "table/ledgertable") },
  "a bootstrap row, to store": { action: "dynamodb:PutItem", resource: arn("dynamodb", "table/bootstrap") },
  "a bootstrap row, to read": { action: "dynamodb:GetItem", resource: arn("dynamodb", "table/bootstrap") },
  "a bootstrap row, to remove": {
    action: "dynamodb:DeleteItem",
    resource: arn("dynamodb", "table/bootstrap"),
  },
  "all bootstrap rows": { action: "dynamodb:Scan", resource: arn("dynamodb", "table/bootstrap") },
  "a runner function": {
    action: "lambda:InvokeFunction",
    resource: arn("lambda", "function:any"),
    context: { "aws:ResourceTag/glr:role": "runner", "aws:ResourceTag/glr:stack": "runners-a" },
  },
  "a job's cache": {
    action: "sts:AssumeRole",
    resource: `arn:aws:iam::${ACCOUNT}:role/cacherole`,
    context: { "aws:ResourceTag/glr:role": "cache", "aws:ResourceTag/glr:stack": "runners-a" },
  },
  "another role": { action: "sts:AssumeRole", resource: `arn:aws:iam::${ACCOUNT}:role/admin` },
  "a launch": {
    action: "ec2:CreateFleet",
    resource: arn("ec2", "launch-template/runnerlaunchtemplatearm64"),
  },
  "the account's concurrency": { action: "lambda:GetAccountSettings", resource: "*" },
  "instances, to describe": { action: "ec2:DescribeInstances", resource: "*" },
  "an instance of ours, to terminate": {
    action: "ec2:TerminateInstances",
    resource: arn("ec2", "instance/i-1"),
    context: { "aws:ResourceTag/glr:stack": "runners-a" },
  },
  "the console of an instance of ours": {
    action: "ec2:GetConsoleOutput",
    resource: arn("ec2", "instance/i-1"),
    context: { "aws:ResourceTag/glr:stack": "runners-a" },
  },
  "a MicroVM of ours, to launch": { action: "lambda:RunMicrovm", ...OUR_IMAGE },
  "a MicroVM of ours, to describe": { action: "lambda:GetMicrovm", ...OUR_IMAGE },
  "a MicroVM of ours, to suspend": { action: "lambda:SuspendMicrovm", ...OUR_IMAGE },
  "a MicroVM of ours, to terminate": { action: "lambda:TerminateMicrovm", ...OUR_IMAGE },
  "a MicroVM of another deployment": {
    action: "lambda:TerminateMicrovm",
    resource: OUR_IMAGE.resource,
    context: { "aws:ResourceTag/glr:stack": "runners-b" },
  },
  "a way into a MicroVM": { action: "lambda:CreateMicrovmShellAuthToken", ...OUR_IMAGE },
  "a MicroVM's network": { action: "lambda:PassNetworkConnector", resource: "*" },
  "MicroVMs, to list": { action: "lambda:ListMicrovms", resource: "*" },
  "the images of MicroVMs": {
    action: "ssm:GetParameters",
    resource: arn("ssm", "parameter/gitlabrunner/microvm/2048"),
  },
  "a MicroVM's role": {
    action: "iam:PassRole",
    resource: `arn:aws:iam::${ACCOUNT}:role/runners-a/microvm/log`,
    context: { "iam:PassedToService": "lambda.amazonaws.com" },
  },
  "another role, to pass": {
    action: "iam:PassRole",
    resource: `arn:aws:iam::${ACCOUNT}:role/admin`,
    context: { "iam:PassedToService": "lambda.amazonaws.com" },
  },
  "calls in vain, to count": {
    action: "dynamodb:UpdateItem",
    resource: arn("dynamodb", "table/ledgertable"),
    context: { "dynamodb:LeadingKeys": ["minute#pending#7#1"] },
  },
  "what a spot interruption teaches": {
    action: "dynamodb:PutItem",
    resource: arn("dynamodb", "table/ledgertable"),
    context: { "dynamodb:LeadingKeys": ["state#spot-pool#m7g.large/subnet-1"] },
  },
  "a day's sums, to write": {
    action: "dynamodb:PutItem",
    resource: arn("dynamodb", "table/ledgertable"),
    context: { "dynamodb:LeadingKeys": ["day#2026-11"] },
  },
  "the bus": {
    action: "events:PutEvents",
    resource: arn("events", "event-bus/gitlab-runners-infrastructure"),
    context: { "events:source": ["gitlab.reconciler"], "events:detail-type": ["RunnerEnded"] },
  },
  "the bus, as the webhook": {
    action: "events:PutEvents",
    resource: arn("events", "event-bus/gitlab-runners-infrastructure"),
    context: { "events:source": ["gitlab.webhook"], "events:detail-type": ["GitLabJobEvent"] },
  },
  "commands on machines": { action: "ssm:SendCommand", resource: arn("ec2", "instance/i-1") },
  "tags of running instances": {
    action: "ec2:CreateTags",
    resource: arn("ec2", "instance/i-1"),
    context: { "aws:RequestTag/glr:stack": "runners-a" },
  },
} satisfies Record<string, IamRequest>;

/** An access to a bootstrap row by the instance i-1 of the role AROAX. */
export const row = (key: string | undefined, action = "dynamodb:DeleteItem"): IamRequest => ({
  action,
  resource: arn("dynamodb", "table/bootstrap"),
  context: { "aws:userid": "AROAX:i-1", ...(key ? { "dynamodb:LeadingKeys": [key] } : {}) },
});
