import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SSMClient } from "@aws-sdk/client-ssm";

/**
 * AWS clients, one a process. Each has its attempts and time-outs chosen: the SDK's own limits are minutes, a
 * function's are seconds. Region and credentials come from the environment, and so do `AWS_ENDPOINT_URL` and
 * `AWS_ENDPOINT_URL_<SERVICE>`. The clients that are needed only after GitLab's answer are not here, since a bundle
 * loads whatever this file imports: see `ec2-client.ts` and `lambda-client.ts`.
 */
const SETTINGS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
} as const;

export const dynamoDbClient = (): DynamoDBClient => new DynamoDBClient(SETTINGS);

export const ssmClient = (): SSMClient => new SSMClient(SETTINGS);

export const eventBridgeClient = (): EventBridgeClient => new EventBridgeClient(SETTINGS);
