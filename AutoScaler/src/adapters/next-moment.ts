import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Time } from "../../../Core/ledger";
import { decodeFields, encode } from "../../../Core/ledger/codec";
import { momentsKey } from "../../../Core/ledger/keys";
import { type Moments, STRAY_MILLISECONDS } from "../domain/ports";
import { awsError, errorName } from "./aws-errors";

/**
 * The next moment of a row (see ports.ts). The row's item holds the one to give away next, `nextAt`: the first who
 * asks sets it, everybody else adds to it, each with one write on condition and so without a transaction.
 *
 * @throws TransientError, ConfigurationError
 */
export const nextMoment = async (
  client: Pick<DynamoDBClient, "send">,
  TableName: string,
  row: string,
  { gap, from, until }: Moments,
): Promise<Time | undefined> => {
  const update = async (
    UpdateExpression: string,
    ConditionExpression: string,
    values: Readonly<Record<string, number | string>>,
  ): Promise<Time | undefined> => {
    const command = new UpdateItemCommand({
      TableName,
      Key: encode({ ...momentsKey(row) }),
      UpdateExpression,
      ConditionExpression,
      ExpressionAttributeValues: encode(values),
      ReturnValues: "UPDATED_NEW",
    });
    try {
      const { Attributes = {} } = await client.send(command);
      return Number(decodeFields(Attributes).nextAt) - gap;
    } catch (error) {
      if (errorName(error) === "ConditionalCheckFailedException") return undefined;
      throw awsError(error, `UpdateItem on ${TableName}`);
    }
  };

  const first = await update(
    "SET nextAt = :next",
    "attribute_not_exists(nextAt) OR nextAt < :from OR nextAt > :far OR NOT attribute_type(nextAt, :number)",
    { ":next": from + gap, ":from": from, ":far": until + STRAY_MILLISECONDS, ":number": "N" },
  );
  return first ?? update("ADD nextAt :gap", "nextAt <= :until", { ":gap": gap, ":until": until });
};
