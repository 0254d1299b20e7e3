import type { ReceivedRequest } from "../sigv4";
import { ACCOUNT, fakeDeployed, REGION } from "../testing/fake-deployed";
import { UnclearCallError } from "./need";
import { readCall } from "./read-call";

const place = {
  region: REGION,
  account: ACCOUNT,
  deployed: fakeDeployed({
    tables: { [`arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/t`]: { partitionKey: "pk", indexes: {} } },
  }).deployed,
};

const request = (
  body: string,
  headers: Record<string, string> = {},
  target = "/",
  method = "POST",
): ReceivedRequest => ({
  method,
  target,
  rawHeaders: Object.entries(headers).flat(),
  body: Buffer.from(body),
});

const target = (name: string) => ({ "X-Amz-Target": name });
const needs = async (service: string, given: ReceivedRequest) => readCall(service, given).needs?.(place);

describe("a request that could mean two things is refused", () => {
  it.each<readonly [what: string, service: string, given: ReceivedRequest]>([
    [
      "another service's target under a form's signature",
      "sts",
      request("Action=GetCallerIdentity", target("AWSEvents.PutEvents")),
    ],
    [
      "another service's target under a service that is not known",
      "s3",
      request("{}", target("AWSEvents.PutEvents")),
    ],
    [
      "another service's target under a path's signature",
      "lambda",
      request("{}", target("DynamoDB_20120810.Scan"), "/2017-03-31/tags/x", "GET"),
    ],
    ["another service's target", "ssm", request("{}", target("DynamoDB_20120810.Scan"))],
    [
      "two targets",
      "ssm",
      {
        ...request("{}"),
        rawHeaders: ["X-Amz-Target", "AmazonSSM.GetParameter", "x-amz-target", "AmazonSSM.PutParameter"],
      },
    ],
    ["no target", "dynamodb", request("{}")],
    [
      "a path beside the target",
      "dynamodb",
      request("{}", target("DynamoDB_20120810.Scan"), "/_ministack/reset"),
    ],
    [
      "a query beside the target",
      "sqs",
      request("{}", target("AmazonSQS.SendMessage"), "/?Action=PurgeQueue"),
    ],
    [
      "a form in body and address",
      "ec2",
      request("Action=DescribeInstances", {}, "/?Action=TerminateInstances"),
    ],
    [
      "a form in the body of a GET",
      "ec2",
      request("Action=TerminateInstances", {}, "/?Action=DescribeInstances", "GET"),
    ],
    ["a field that is there twice", "ec2", request("Action=DescribeInstances&Action=TerminateInstances")],
    ["no action", "iam", request("Version=2010-05-08")],
    [
      "a body that is encoded",
      "dynamodb",
      request("x", { ...target("DynamoDB_20120810.Scan"), "Content-Encoding": "gzip" }),
    ],
  ])("%s", (_, service, given) => {
    expect(() => readCall(service, given)).toThrow();
  });
});

describe("a call that does not say what it is about is refused", () => {
  const ddb = (operation: string, input: object) =>
    request(JSON.stringify(input), target(`DynamoDB_20120810.${operation}`));
  it.each<readonly [what: string, service: string, given: ReceivedRequest]>([
    ["no JSON", "dynamodb", request("<x/>", target("DynamoDB_20120810.Scan"))],
    ["JSON that is no object", "dynamodb", request("[]", target("DynamoDB_20120810.Scan"))],
    ["no table", "dynamodb", ddb("GetItem", { Key: { pk: { S: "x" } } })],
    ["a table that is not deployed", "dynamodb", ddb("GetItem", { TableName: "u", Key: { pk: { S: "x" } } })],
    ["no partition key", "dynamodb", ddb("GetItem", { TableName: "t", Key: { sk: { S: "x" } } })],
    ["a key of two types", "dynamodb", ddb("GetItem", { TableName: "t", Key: { pk: { S: "x", N: "1" } } })],
    [
      "a query without equality",
      "dynamodb",
      ddb("Query", {
        TableName: "t",
        KeyConditionExpression: "pk > :a",
        ExpressionAttributeValues: { ":a": { S: "x" } },
      }),
    ],
    [
      "a query with two equalities",
      "dynamodb",
      ddb("Query", {
        TableName: "t",
        KeyConditionExpression: "pk = :a OR pk = :b",
        ExpressionAttributeValues: { ":a": { S: "x" }, ":b": { S: "y" } },
      }),
    ],
    ["an empty transaction", "dynamodb", ddb("TransactWriteItems", { TransactItems: [] })],
    [
      "a transaction's part of another kind",
      "dynamodb",
      ddb("TransactWriteItems", { TransactItems: [{ Drop: {} }] }),
    ],
    ["no events", "events", request("{}", target("AWSEvents.PutEvents"))],
    ["no instance", "ec2", request("Action=TerminateInstances")],
    [
      "an instance in another place of the form",
      "ec2",
      request("Action=TerminateInstances&InstanceId.1.x=i-1"),
    ],
    [
      "a launch with a field that is not known",
      "ec2",
      request("Action=RunInstances&InstanceType=t&PrivateIpAddress=10.0.0.1"),
    ],
    [
      "a launch without a template that exists",
      "ec2",
      request("Action=RunInstances&InstanceType=t&LaunchTemplate.LaunchTemplateId=lt-9"),
    ],
    [
      "a fleet's override that is not known",
      "ec2",
      request("Action=CreateFleet&LaunchTemplateConfigs.1.Overrides.1.IamInstanceProfile.Arn=x"),
    ],
    ["a function that is none", "lambda", request("", {}, "/2015-03-31/functions/a%2Fb/invocations")],
  ])("%s", async (_, service, given) => {
    await expect(needs(service, given)).rejects.toThrow(UnclearCallError);
  });
});

it.each<readonly [service: string, given: ReceivedRequest, operation: string]>([
  ["s3", request("", {}, "/bucket/k?x=1", "PUT"), "PUT /bucket/k"],
  ["lambda", request("", {}, "/2015-03-31/functions"), "POST /2015-03-31/functions"],
  ["dynamodb", request("{}", target("DynamoDB_20120810.ExecuteStatement")), "ExecuteStatement"],
  ["ec2", request("Action=ModifyInstanceAttribute"), "ModifyInstanceAttribute"],
  ["dynamodb", request("{}", target("DynamoDB_20120810.constructor")), "constructor"],
])("knows no rights of %s %#", (service, given, operation) => {
  expect(readCall(service, given)).toEqual({ service, operation });
});
