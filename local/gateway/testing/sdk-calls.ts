import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateFleetCommand, EC2Client } from "@aws-sdk/client-ec2";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { InvokeCommand, LambdaClient, ListTagsCommand } from "@aws-sdk/client-lambda";
import { ListServiceQuotasCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SFNClient, StartExecutionCommand, StartSyncExecutionCommand } from "@aws-sdk/client-sfn";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";

export interface CallSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

const FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:runner:live";

/** One call of each of the SDK's clients that the project uses, with characters that are awkward to encode. */
export const sdkCalls: Readonly<Record<string, (settings: CallSettings) => Promise<unknown>>> = {
  "DynamoDB GetItem": (settings) =>
    new DynamoDBClient(settings).send(
      new GetItemCommand({ TableName: "t", Key: { pk: { S: "job#ü é+%/'()*" } } }),
    ),
  "SSM GetParameters": (settings) =>
    new SSMClient(settings).send(new GetParametersCommand({ Names: ["/a/b"], WithDecryption: true })),
  "EC2 CreateFleet": (settings) =>
    new EC2Client(settings).send(
      new CreateFleetCommand({
        Type: "instant",
        TargetCapacitySpecification: { TotalTargetCapacity: 1 },
        LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: "lt-1", Version: "1" } }],
      }),
    ),
  "Lambda Invoke of an ARN": (settings) =>
    new LambdaClient(settings).send(
      new InvokeCommand({ FunctionName: FUNCTION, InvocationType: "Event", Payload: "{}", Qualifier: "a b" }),
    ),
  "Lambda ListTags": (settings) =>
    new LambdaClient(settings).send(new ListTagsCommand({ Resource: FUNCTION })),
  "EventBridge PutEvents": (settings) =>
    new EventBridgeClient(settings).send(
      new PutEventsCommand({ Entries: [{ Source: "s", DetailType: "d", Detail: "{}" }] }),
    ),
  "Step Functions StartExecution": (settings) =>
    new SFNClient(settings).send(new StartExecutionCommand({ stateMachineArn: "arn:x", input: "{}" })),
  "Step Functions StartSyncExecution": (settings) =>
    new SFNClient({ ...settings, disableHostPrefix: true }).send(
      new StartSyncExecutionCommand({ stateMachineArn: "arn:x", input: "{}" }),
    ),
  "SQS SendMessage": (settings) =>
    new SQSClient(settings).send(
      new SendMessageCommand({ QueueUrl: `${settings.endpoint}/123456789012/q`, MessageBody: "x" }),
    ),
  "CloudFormation DescribeStacks": (settings) =>
    new CloudFormationClient(settings).send(new DescribeStacksCommand({ StackName: "a b&c=d" })),
  "IAM GetRole": (settings) => new IAMClient(settings).send(new GetRoleCommand({ RoleName: "r" })),
  "Service Quotas": (settings) =>
    new ServiceQuotasClient(settings).send(new ListServiceQuotasCommand({ ServiceCode: "lambda" })),
};
