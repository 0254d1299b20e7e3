import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import * as lambda from "@aws-sdk/client-lambda";
import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import * as ssm from "@aws-sdk/client-ssm";
import { ACCOUNT, arn, REGION } from "../testing/fake-deployed";
import { KEY, type NeedsCase, needsReader, TOKEN, unlistedKeys } from "../testing/needs-reader";

jest.setTimeout(60_000);

const BUS = arn("events", "event-bus/runners");

let reader: Awaited<ReturnType<typeof needsReader>>;
beforeAll(async () => {
  reader = await needsReader();
});
afterAll(() => reader.recorder.close());

const CASES: readonly NeedsCase[] = [
  [
    "PutEvents: sources and kinds, for each bus",
    ({ events }) =>
      events.send(
        new PutEventsCommand({
          Entries: [
            { EventBusName: "runners", Source: "gitlab.reconciler", DetailType: "RunnerEnded", Detail: "{}" },
            { EventBusName: BUS, Source: "gitlab.webhook", DetailType: "RunnerEnded", Detail: "{}" },
            { DetailType: "Bare", Detail: "{}" },
          ],
        }),
      ),
    [
      {
        action: "events:PutEvents",
        resource: BUS,
        context: {
          "events:source": ["gitlab.reconciler", "gitlab.webhook"],
          "events:detail-type": ["RunnerEnded"],
        },
      },
      {
        action: "events:PutEvents",
        resource: arn("events", "event-bus/default"),
        context: { "events:detail-type": ["Bare"] },
      },
    ],
  ],
  [
    "CreateLogStream: the stream",
    (calls) =>
      calls.logs.send(new logs.CreateLogStreamCommand({ logGroupName: "g", logStreamName: "i-1/0f" })),
    [{ action: "logs:CreateLogStream", resource: arn("logs", "log-group:g:log-stream:i-1/0f") }],
  ],
  [
    "PutLogEvents: the stream",
    (calls) =>
      calls.logs.send(
        new logs.PutLogEventsCommand({
          logGroupName: "g",
          logStreamName: "i-1/0f",
          logEvents: [{ timestamp: 1, message: "m" }],
        }),
      ),
    [{ action: "logs:PutLogEvents", resource: arn("logs", "log-group:g:log-stream:i-1/0f") }],
  ],
  [
    "FilterLogEvents: every stream of the group",
    (calls) => calls.logs.send(new logs.FilterLogEventsCommand({ logGroupName: "g" })),
    [{ action: "logs:FilterLogEvents", resource: arn("logs", "log-group:g:log-stream:") }],
  ],
  [
    "GetParameters: the key of a secure one, with the parameter as its context",
    (calls) =>
      calls.ssm.send(
        new ssm.GetParametersCommand({
          Names: ["/gitlabrunner/Url", "/gitlabrunner/AccessToken:3", "/aws/service/al2023"],
          WithDecryption: true,
        }),
      ),
    [
      { action: "ssm:GetParameters", resource: arn("ssm", "parameter/gitlabrunner/Url") },
      { action: "ssm:GetParameters", resource: TOKEN },
      { action: "ssm:GetParameters", resource: `arn:aws:ssm:${REGION}::parameter/aws/service/al2023` },
      {
        action: "kms:Decrypt",
        resource: KEY,
        context: {
          "kms:ViaService": `ssm.${REGION}.amazonaws.com`,
          "kms:CallerAccount": ACCOUNT,
          "kms:EncryptionContext:PARAMETER_ARN": TOKEN,
          "kms:EncryptionContextKeys": ["PARAMETER_ARN"],
        },
      },
    ],
  ],
  [
    "GetParametersByPath: the path itself, without its last slash",
    (calls) =>
      calls.ssm.send(new ssm.GetParametersByPathCommand({ Path: "/gitlabrunner/", Recursive: true })),
    [
      {
        action: "ssm:GetParametersByPath",
        resource: arn("ssm", "parameter/gitlabrunner"),
        context: { "ssm:Recursive": "true" },
      },
    ],
  ],
  [
    "PutParameter",
    (calls) => calls.ssm.send(new ssm.PutParameterCommand({ Name: "plain", Value: "x", Type: "String" })),
    [
      {
        action: "ssm:PutParameter",
        resource: arn("ssm", "parameter/plain"),
        context: { "ssm:Overwrite": "false" },
      },
    ],
  ],
  [
    "Invoke by ARN and by name",
    (calls) =>
      calls.lambda.send(
        new lambda.InvokeCommand({ FunctionName: `${arn("lambda", "function:f")}`, Qualifier: "live" }),
      ),
    [{ action: "lambda:InvokeFunction", resource: arn("lambda", "function:f:live") }],
  ],
  [
    "ListTags",
    (calls) => calls.lambda.send(new lambda.ListTagsCommand({ Resource: arn("lambda", "function:f") })),
    [{ action: "lambda:ListTags", resource: arn("lambda", "function:f") }],
  ],
  [
    "StartExecution",
    ({ states }) =>
      states.send(new StartExecutionCommand({ stateMachineArn: arn("states", "stateMachine:m") })),
    [{ action: "states:StartExecution", resource: arn("states", "stateMachine:m") }],
  ],
  [
    "SendMessage",
    ({ sqs }) =>
      sqs.send(new SendMessageCommand({ QueueUrl: `http://x/${ACCOUNT}/letters`, MessageBody: "x" })),
    [{ action: "sqs:SendMessage", resource: arn("sqs", "letters") }],
  ],
  [
    "DescribeStacks",
    ({ cloudformation }) => cloudformation.send(new DescribeStacksCommand({ StackName: "runners-a" })),
    [{ action: "cloudformation:DescribeStacks", resource: arn("cloudformation", "stack/runners-a/*") }],
  ],
];

it.each(CASES)("%s needs its rights, and carries no key that AWS does not list", async (_, send, needs) => {
  expect(await reader.needsOf(send)).toEqual(needs);
  for (const need of needs) expect(await unlistedKeys(need)).toEqual([]);
});
