import { arn, type Case, row, TOUCHES } from "./calls";
import type { IamRequest } from "./iam";
import { ACCOUNT } from "./resolve";

const PATH = "parameter/gitlabrunner";

const on = (action: string, resource: string, context?: IamRequest["context"]): IamRequest => ({
  action,
  resource,
  ...(context ? { context } : {}),
});
const onEc2 = (action: string, name = "instance/i-1"): IamRequest => on(`ec2:${action}`, arn("ec2", name));
const onParameter = (action: string, name: string): IamRequest => on(`ssm:${action}`, arn("ssm", name));
const ofS3 = (action: string): IamRequest => on(`s3:${action}`, "arn:aws:s3:::bucket/key");

/**
 * What job code would try that got hold of a runner's role to which somebody has attached too much. A permission
 * boundary is the last thing that can refuse it.
 */
export const BEYOND_A_RUNNER: readonly Case[] = [
  ["T-12: keeps the access token out", "denied", TOUCHES["the access token"]],
  ["T-12: keeps all parameters at once out", "denied", onParameter("GetParametersByPath", PATH)],
  ["T-12: keeps a parameter by its name out", "denied", onParameter("GetParameter", `${PATH}/AccessToken`)],
  [
    "T-12: keeps a parameter's history out",
    "denied",
    onParameter("GetParameterHistory", `${PATH}/AccessToken`),
  ],
  ["T-12: keeps every other parameter out", "denied", onParameter("GetParameter", "parameter/other")],
  ["T-12: keeps decrypting out", "denied", on("kms:Decrypt", arn("kms", "key/1"))],
  [
    "T-12: keeps secrets out",
    "denied",
    on("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:s")),
  ],
  ["T-18: keeps GitLab's address out", "denied", onParameter("PutParameter", `${PATH}/Url`)],
  ["P-15: keeps all rows out", "denied", row("AROAX:i-1", "dynamodb:Scan")],
  ["P-15: keeps a query of rows out", "denied", row("AROAX:i-1", "dynamodb:Query")],
  ["P-15: keeps many rows at once out", "denied", row("AROAX:i-1", "dynamodb:BatchGetItem")],
  ["P-15: keeps rows by SQL out", "denied", row("AROAX:i-1", "dynamodb:PartiQLSelect")],
  ["P-15: keeps storing rows out", "denied", row("AROAX:i-1", "dynamodb:PutItem")],
  ["P-15: keeps an export of the table out", "denied", row("AROAX:i-1", "dynamodb:ExportTableToPointInTime")],
  ["T-12: keeps the ledger out", "denied", TOUCHES["the ledger"]],
  ["T-12: keeps the mapping out", "denied", TOUCHES["the mapping, to write"]],
  ["T-16: keeps ending instances out", "denied", onEc2("TerminateInstances")],
  ["T-16: keeps tags out", "denied", onEc2("CreateTags")],
  ["T-23: keeps changing instances out", "denied", onEc2("ModifyInstanceAttribute")],
  ["T-8: keeps changing the metadata service out", "denied", onEc2("ModifyInstanceMetadataOptions")],
  ["T-23: keeps another profile out", "denied", onEc2("AssociateIamInstanceProfile")],
  [
    "T-29: keeps opening the network out",
    "denied",
    onEc2("AuthorizeSecurityGroupIngress", "security-group/sg-1"),
  ],
  ["T-23: keeps other disks out", "denied", onEc2("CreateSnapshot", "volume/vol-1")],
  ["T-23: keeps launches out", "denied", onEc2("RunInstances", "instance/*")],
  ["T-23: keeps fleets out", "denied", onEc2("CreateFleet", "fleet/*")],
  ["T-23: keeps roles out", "denied", on("iam:PassRole", `arn:aws:iam::${ACCOUNT}:role/admin`)],
  ["T-23: keeps assuming roles out", "denied", on("sts:AssumeRole", `arn:aws:iam::${ACCOUNT}:role/admin`)],
  ["T-23: keeps functions out", "denied", TOUCHES["a runner function"]],
  [
    "T-23: keeps a function's code out",
    "denied",
    on("lambda:UpdateFunctionCode", arn("lambda", "function:f")),
  ],
  ["T-23: keeps stacks out", "denied", on("cloudformation:UpdateStack", arn("cloudformation", "stack/s/1"))],
  ["T-22: keeps the bus out", "denied", TOUCHES["the bus"]],
  ["T-22: keeps the bus as the webhook out", "denied", TOUCHES["the bus, as the webhook"]],
  ["T-22: keeps workflows out", "denied", on("states:StartExecution", arn("states", "stateMachine:s"))],
  ["T-22: keeps queues out", "denied", on("sqs:SendMessage", arn("sqs", "q"))],
  ["T-31: keeps commands on machines out", "denied", TOUCHES["commands on machines"]],
  ["T-31: keeps sessions on machines out", "denied", on("ssm:StartSession", arn("ec2", "instance/i-1"))],
  [
    "T-31: keeps automations out",
    "denied",
    onParameter("StartAutomationExecution", "automation-definition/AWS-RunShellScript:1"),
  ],
  ["T-31: keeps associations out", "denied", onParameter("CreateAssociation", "document/AWS-RunShellScript")],
  ["T-32: keeps logs whole", "denied", on("logs:DeleteLogGroup", arn("logs", "log-group:g"))],
  ["T-32: keeps trails whole", "denied", on("cloudtrail:StopLogging", arn("cloudtrail", "trail/t"))],
  ["T-6: keeps reading what a job would want out", "denied", ofS3("GetObject")],
  ["T-6: keeps writing it out", "denied", ofS3("PutObject")],
];
