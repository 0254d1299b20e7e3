import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SSMClient } from "@aws-sdk/client-ssm";

/**
 * AWS clients, one a process. Every one has its attempts and time-outs chosen: the SDK's own limits are minutes,
 * a function's are seconds.
 */

const requestHandler = {
  connectionTimeout: 1_000,
  requestTimeout: 4_000,
  throwOnRequestTimeout: true,
};

const ATTEMPTS = 3;

export const dynamoDbClient = (): DynamoDBClient =>
  new DynamoDBClient({ maxAttempts: ATTEMPTS, requestHandler });

export const ssmClient = (): SSMClient => new SSMClient({ maxAttempts: ATTEMPTS, requestHandler });

export const eventBridgeClient = (): EventBridgeClient =>
  new EventBridgeClient({ maxAttempts: ATTEMPTS, requestHandler });

/** One attempt: a refusal then proves that nothing was started (see lambda-provider.ts). */
export const lambdaClient = (): LambdaClient => new LambdaClient({ maxAttempts: 1, requestHandler });
