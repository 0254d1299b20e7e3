import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDbClient } from "./client";

let client: DynamoDBClient | undefined;

/** One client, and so one connection, for parts that are loaded later and apart. */
export const sharedDynamoDbClient = (): DynamoDBClient => {
  client ??= dynamoDbClient();
  return client;
};
