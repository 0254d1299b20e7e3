import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { LambdaMicrovmsClient } from "@aws-sdk/client-lambda-microvms";
import { S3Client } from "@aws-sdk/client-s3";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import type { AwsHome, Clients } from "./context";

/** Waits long for a busy service with a busy service, short timeout with a dead one. */
const SETTINGS = {
  maxAttempts: 6,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
};

/** What the doctor can do without, and what must not run often: an execution says itself how long it may take. */
const BRIEF = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 6_000, throwOnRequestTimeout: true },
};

type Environment = Readonly<Record<string, string | undefined>>;

/** StartSyncExecution has a host of its own (`sync-states.…`), which an emulator at one address does not have. */
const hostPrefix = (env: Environment) => ({
  disableHostPrefix: Boolean(env.AWS_ENDPOINT_URL_SFN || env.AWS_ENDPOINT_URL),
});

/** A bucket is a part of the host on AWS; an emulator has one host, and takes it in the path. */
const bucketInPath = (env: Environment) => ({
  forcePathStyle: Boolean(env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL),
});

const once = <Made>(make: () => Made): (() => Made) => {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

/**
 * Clients by the AWS environment: AWS itself, or an emulator by AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>.
 *
 * @param home goes before the environment
 */
export const awsClients = (env: Environment, home: AwsHome = {}): Clients => {
  const settings = { ...SETTINGS, ...home };
  const brief = { ...BRIEF, ...home };
  return {
    cloudFormation: once(() => new CloudFormationClient(settings)),
    dynamoDb: once(() => new DynamoDBClient(settings)),
    lambda: once(() => new LambdaClient(settings)),
    microVms: once(() => new LambdaMicrovmsClient(settings)),
    logs: once(() => new CloudWatchLogsClient(settings)),
    ssm: once(() => new SSMClient(settings)),
    s3: once(() => new S3Client({ ...settings, ...bucketInPath(env) })),
    sqs: once(() => new SQSClient(settings)),
    ec2: once(() => new EC2Client(settings)),
    eventBridge: once(() => new EventBridgeClient(settings)),
    iam: once(() => new IAMClient(brief)),
    serviceQuotas: once(() => new ServiceQuotasClient(brief)),
    stepFunctions: once(() => new SFNClient({ ...brief, ...hostPrefix(env) })),
    sts: once(() => new STSClient(brief)),
  };
};
