import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { TOLERANCE_SECONDS } from "./webhook-signature";

/** Ids of webhooks whose events are on the bus. */
export interface WebhookIds {
  isKnown(id: string): Promise<boolean>;
  /** @returns false if another call has stored it meanwhile */
  remember(id: string): Promise<boolean>;
}

/**
 * A signature is valid for twice the tolerance if the sender's clock is ahead. Some more minutes allow a
 * resend by hand. After that the request's timestamp is refused.
 */
const KEPT_SECONDS = 2 * TOLERANCE_SECONDS + 300;

/** GitLab waits ten seconds in all, so a slow table is not waited for. */
const TIMEOUT_MILLISECONDS = 700;

export const webhookIdsClient = (): DynamoDBClient =>
  new DynamoDBClient({
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: TIMEOUT_MILLISECONDS,
      requestTimeout: TIMEOUT_MILLISECONDS,
      throwOnRequestTimeout: true,
    },
  });

/**
 * The ids in a table with key `id` and expiry `ttl` in seconds since 1970. DynamoDB deletes expired rows days
 * later, so an expired row counts as deleted.
 *
 * @param now milliseconds since 1970
 */
export const webhookIds = (
  client: Pick<DynamoDBClient, "send">,
  TableName: string,
  now: () => number,
): WebhookIds => {
  const seconds = (): number => Math.floor(now() / 1_000);
  return {
    isKnown: async (id) => {
      const Key = { id: { S: id } };
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Number(Item?.ttl?.N ?? 0) > seconds();
    },
    remember: async (id) => {
      const command = new PutItemCommand({
        TableName,
        Item: { id: { S: id }, ttl: { N: String(seconds() + KEPT_SECONDS) } },
        ConditionExpression: "attribute_not_exists(id) OR #ttl <= :now",
        ExpressionAttributeNames: { "#ttl": "ttl" },
        ExpressionAttributeValues: { ":now": { N: String(seconds()) } },
      });
      try {
        await client.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
};
