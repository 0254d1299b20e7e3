import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { ConfigurationError, TransientError } from "../../../Core/errors";
import { checkGitLabUrl } from "../../../Core/gitlab/gitlab-url";
import type { BootstrapRow } from "../../../Core/model/bootstrap-row";
import type { RunnerEvent } from "./runner-event";

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

/** Rejects a row of another runner and an incomplete one. The message holds no token. */
const checked = (row: Record<string, unknown>, event: RunnerEvent): BootstrapRow => {
  const isComplete =
    typeof row.url === "string" &&
    typeof row.token === "string" &&
    row.token !== "" &&
    isCount(row.lifetimeSeconds) &&
    isCount(row.waitTimeoutSeconds);
  if (!isComplete) throw new ConfigurationError("The bootstrap row lacks a field: deploy AutoScaler again");
  if (row.provider !== "LAMBDA" || row.runnerId !== event.runnerId) {
    throw new ConfigurationError("The bootstrap row belongs to another runner");
  }
  return { ...(row as unknown as BootstrapRow), url: checkGitLabUrl(row.url as string) };
};

/**
 * Takes the bootstrap row: a conditional delete that returns it unless it is missing or expired. So only one of two
 * deliveries of the same event gets it (F-41).
 *
 * @param now seconds since 1970
 * @returns undefined when the row is missing or expired
 * @throws TransientError when DynamoDB does not answer
 * @throws ConfigurationError for an invalid row
 */
export const takeRow = async (
  dynamo: DynamoDBClient,
  table: string,
  event: RunnerEvent,
  now: number,
): Promise<BootstrapRow | undefined> => {
  const command = new DeleteItemCommand({
    TableName: table,
    Key: { key: { S: event.bootstrapKey } },
    ConditionExpression: "attribute_exists(#key) AND #ttl > :now",
    ExpressionAttributeNames: { "#key": "key", "#ttl": "ttl" },
    ExpressionAttributeValues: { ":now": { N: String(now) } },
    ReturnValues: "ALL_OLD",
  });
  try {
    const { Attributes } = await dynamo.send(command);
    return Attributes && checked(unmarshall(Attributes), event);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    if (error instanceof ConfigurationError) throw error;
    throw new TransientError("The bootstrap row could not be taken", { cause: error });
  }
};
