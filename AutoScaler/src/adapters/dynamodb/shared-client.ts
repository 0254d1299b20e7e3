import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDbClient } from "./client";

let client: DynamoDBClient | undefined;

/** One client, and so one connection, for modules that are loaded later and separately. */
export const sharedDynamoDbClient = (): DynamoDBClient => {
  client ??= dynamoDbClient();
  return client;
};
