import { type AttributeValue, type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { decodeAttempt } from "../../Core/ledger/codec";
import { type Attempt, lastAttempts, type Time } from "../../Core/model/ledger";

/** A page is a megabyte at most: enough for some ten thousand jobs, and never a big bill. */
const MAX_PAGES = 25;

export interface FailedLately {
  /** The last attempt of each job whose last attempt failed. */
  readonly attempts: readonly Attempt[];
  /** False: the table is larger than what was looked at. */
  readonly isComplete: boolean;
}

const readable = (item: Record<string, AttributeValue>): Attempt | undefined => {
  try {
    return decodeAttempt(item);
  } catch {
    return undefined;
  }
};

/** An attempt that is not its job's first says that those before it were not the last. */
const FILTER = {
  FilterExpression: "#kind = :attempt AND (#state = :failed OR #attempt > :first)",
  ExpressionAttributeNames: { "#kind": "kind", "#state": "state", "#attempt": "attempt" },
  ExpressionAttributeValues: {
    ":attempt": { S: "attempt" },
    ":failed": { S: "FAILED" },
    ":first": { N: "1" },
  },
};

/**
 * Jobs whose last attempt failed since, newest first: each once, however many attempts it had. The failed are in no
 * index: the table itself is looked through.
 */
export const failedLately = async (
  client: Pick<DynamoDBClient, "send">,
  table: string,
  since: Time,
): Promise<FailedLately> => {
  const found: Attempt[] = [];
  let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
  let pages = 0;
  do {
    const command: ScanCommand = new ScanCommand({ TableName: table, ...FILTER, ExclusiveStartKey });
    const answer = await client.send(command);
    found.push(...(answer.Items ?? []).flatMap((item) => readable(item) ?? []));
    ExclusiveStartKey = answer.LastEvaluatedKey;
    pages += 1;
  } while (ExclusiveStartKey !== undefined && pages < MAX_PAGES);
  const attempts = lastAttempts(found)
    .filter(({ state, times }) => state === "FAILED" && (times.FAILED ?? 0) >= since)
    .sort((a, b) => (b.times.FAILED ?? 0) - (a.times.FAILED ?? 0));
  return { attempts, isComplete: ExclusiveStartKey === undefined };
};
