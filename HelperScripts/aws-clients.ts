import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { Clients } from "./context";

/** Waits long for a busy service with a busy service, short timeout with a dead one. */
const SETTINGS = {
  maxAttempts: 6,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
};

/** Asked only by the doctor, who can do without an answer. */
const BRIEF = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 6_000, throwOnRequestTimeout: true },
};

const once = <Made>(make: () => Made): (() => Made) => {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

/** Clients by the AWS environment: AWS itself, or an emulator by AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>. */
export const awsClients = (): Clients => ({
  cloudFormation: once(() => new CloudFormationClient(SETTINGS)),
  dynamoDb: once(() => new DynamoDBClient(SETTINGS)),
  lambda: once(() => new LambdaClient(SETTINGS)),
  ssm: once(() => new SSMClient(SETTINGS)),
  sqs: once(() => new SQSClient(SETTINGS)),
  ec2: once(() => new EC2Client(SETTINGS)),
  eventBridge: once(() => new EventBridgeClient(SETTINGS)),
  iam: once(() => new IAMClient(BRIEF)),
  serviceQuotas: once(() => new ServiceQuotasClient(BRIEF)),
});
