import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CLIENT_SETTINGS } from "../client-settings";

export const dynamoDbClient = (): DynamoDBClient => new DynamoDBClient(CLIENT_SETTINGS);
