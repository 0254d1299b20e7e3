import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { decodeFields, encode } from "../../../../Core/ledger/codec";
import { reservationKey } from "../../../../Core/ledger/keys";
import type { Time } from "../../../../Core/model/ledger";
import { CLOCK_ERROR_MILLISECONDS, type ReservationWindow } from "../../ports";
import { awsError, errorName } from "../aws-errors";

/**
 * Reserves the next time of a row (see ports.ts). The row's item stores the next free time in `nextAt`. The
 * first call sets it and later calls add to it, each with one conditional write and no transaction.
 *
 * @throws TransientError, ConfigurationError
 */
export const reserve = async (
  client: Pick<DynamoDBClient, "send">,
  TableName: string,
  row: string,
  { gap, from, until }: ReservationWindow,
): Promise<Time | undefined> => {
  const update = async (
    UpdateExpression: string,
    ConditionExpression: string,
    values: Readonly<Record<string, number | string>>,
  ): Promise<Time | undefined> => {
    const command = new UpdateItemCommand({
      TableName,
      Key: encode({ ...reservationKey(row) }),
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
    { ":next": from + gap, ":from": from, ":far": until + CLOCK_ERROR_MILLISECONDS, ":number": "N" },
  );
  return first ?? update("ADD nextAt :gap", "nextAt <= :until", { ":gap": gap, ":until": until });
};
