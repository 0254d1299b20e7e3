import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { AwsJson1_0Protocol, AwsJson1_1Protocol, AwsRestJsonProtocol } from "@aws-sdk/core/protocols";
import { DynamoDBJsonCodec2 } from "@aws-sdk/dynamodb-codec";
import { AwsClient } from "./aws-client";
import type { ParameterStoreClient } from "./ssm-get-parameters";

/**
 * AWS clients, one a process. Every one has its attempts and time-outs chosen: the SDK's own limits are minutes,
 * a function's are seconds. They take the commands of the SDK's packages.
 */

const ATTEMPTS = 3;

export const dynamoDbClient = (): DynamoDBClient =>
  new AwsClient(
    {
      serviceId: "DynamoDB",
      apiVersion: "2012-08-10",
      signingName: "dynamodb",
      protocol: AwsJson1_0Protocol,
      protocolSettings: {
        defaultNamespace: "com.amazonaws.dynamodb",
        errorTypeRegistries: [],
        version: "2012-08-10",
        serviceTarget: "DynamoDB_20120810",
        jsonCodec: new DynamoDBJsonCodec2(),
      },
    },
    { maxAttempts: ATTEMPTS },
  ) as unknown as DynamoDBClient;

export const ssmClient = (): ParameterStoreClient =>
  new AwsClient(
    {
      serviceId: "SSM",
      apiVersion: "2014-11-06",
      signingName: "ssm",
      protocol: AwsJson1_1Protocol,
      protocolSettings: {
        defaultNamespace: "com.amazonaws.ssm",
        errorTypeRegistries: [],
        version: "2014-11-06",
        serviceTarget: "AmazonSSM",
      },
    },
    { maxAttempts: ATTEMPTS },
  ) as unknown as ParameterStoreClient;

export const eventBridgeClient = (): EventBridgeClient =>
  new AwsClient(
    {
      serviceId: "EventBridge",
      apiVersion: "2015-10-07",
      signingName: "events",
      protocol: AwsJson1_1Protocol,
      protocolSettings: {
        defaultNamespace: "com.amazonaws.eventbridge",
        errorTypeRegistries: [],
        version: "2015-10-07",
        serviceTarget: "AWSEvents",
      },
    },
    { maxAttempts: ATTEMPTS },
  ) as unknown as EventBridgeClient;

/** One attempt: a refusal then proves that nothing was started (see lambda-provider.ts). */
export const lambdaClient = (): LambdaClient =>
  new AwsClient(
    {
      serviceId: "Lambda",
      apiVersion: "2015-03-31",
      signingName: "lambda",
      protocol: AwsRestJsonProtocol,
      protocolSettings: {
        defaultNamespace: "com.amazonaws.lambda",
        errorTypeRegistries: [],
        version: "2015-03-31",
        serviceTarget: "AWSGirApiService",
      },
    },
    { maxAttempts: 1 },
  ) as unknown as LambdaClient;
