import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { LambdaMicrovmsClient } from "@aws-sdk/client-lambda-microvms";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { Credentials } from "../access/credentials";
import { REGION } from "./fake-deployed";

/** The SDK's clients with one set of credentials. */
export const awsCalls = (endpoint: string, credentials: Credentials) => {
  const settings = { endpoint, region: REGION, credentials, maxAttempts: 1 };
  return {
    cloudformation: new CloudFormationClient(settings),
    dynamodb: new DynamoDBClient(settings),
    ec2: new EC2Client(settings),
    events: new EventBridgeClient(settings),
    iam: new IAMClient(settings),
    lambda: new LambdaClient(settings),
    microvms: new LambdaMicrovmsClient(settings),
    logs: new CloudWatchLogsClient(settings),
    sqs: new SQSClient(settings),
    ssm: new SSMClient(settings),
    states: new SFNClient(settings),
  };
};
