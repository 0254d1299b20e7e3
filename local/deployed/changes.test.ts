import { changeOf } from "./changes";

it.each([
  ["iam", "PutRolePolicy", "now"],
  ["iam", "GetRole", "none"],
  ["cloudformation", "ExecuteChangeSet", "background"],
  ["cloudformation", "DescribeStackEvents", "none"],
  ["dynamodb", "PutItem", "none"],
  ["dynamodb", "CreateTable", "now"],
  ["dynamodb", "UpdateTable", "now"],
  ["events", "PutEvents", "none"],
  ["events", "PutPermission", "now"],
  ["lambda", "Invoke", "none"],
  ["lambda", "POST /2015-03-31/functions/x/policy", "now"],
  ["lambda", "GET /2015-03-31/functions/x/policy", "none"],
  ["sqs", "SetQueueAttributes", "now"],
  ["sqs", "SendMessage", "none"],
  ["ssm", "PutParameter", "now"],
  ["s3", "PUT /bucket/key", "none"],
  ["something", "NobodyKnows", "now"],
] as const)("%s %s changes what is deployed: %s", (service, operation, change) => {
  expect(changeOf(service, operation)).toBe(change);
});
