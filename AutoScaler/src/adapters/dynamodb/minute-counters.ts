import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { decodeFields, encode } from "../../../../Core/ledger/codec";
import { minuteKey } from "../../../../Core/ledger/keys";
import type { MinuteCounters } from "../../ports";
import { callAws } from "../aws-errors";
import { tableReads } from "./table-reads";

const SECONDS = 60;
/** Nothing reads a past minute, so TTL may remove it after an hour. */
const KEPT_SECONDS = 3_600;

/**
 * Counters in the ledger's table: one item for each row and minute, removed by TTL.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const dynamoMinuteCounters = (
  client: Pick<DynamoDBClient, "send">,
  TableName: string,
): MinuteCounters => {
  const { get } = tableReads(client, TableName);
  const keyOf = (row: string, minute: number) => encode({ ...minuteKey(row, minute) });
  const read = async (row: string, minute: number): Promise<number> => {
    const { Item = {} } = await get({ Key: keyOf(row, minute), ConsistentRead: true });
    return Number(decodeFields(Item).count ?? 0);
  };
  return {
    read: (rows, minute) => Promise.all(rows.map((row) => read(row, minute))),
    add: async (row, minute) => {
      const command = new UpdateItemCommand({
        TableName,
        Key: keyOf(row, minute),
        UpdateExpression: "SET #ttl = :ttl ADD #count :one",
        ExpressionAttributeNames: { "#count": "count", "#ttl": "ttl" },
        ExpressionAttributeValues: encode({ ":one": 1, ":ttl": minute * SECONDS + KEPT_SECONDS }),
        ReturnValues: "UPDATED_NEW",
      });
      const { Attributes = {} } = await callAws(`UpdateItem on ${TableName}`, () => client.send(command));
      return Number(decodeFields(Attributes).count);
    },
  };
};
