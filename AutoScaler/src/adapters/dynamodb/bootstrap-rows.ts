import { DeleteItemCommand, type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { decodeFields } from "../../../../Core/ledger/codec";
import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import type { BootstrapRows } from "../../ports";
import { callAws } from "../aws-errors";
import { type Timeout, transact } from "./transact";

/**
 * Infrastructure's bootstrap table, key `key`.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const dynamoBootstrapRows = (
  client: Pick<DynamoDBClient, "send">,
  table: string,
  timeout: Timeout,
): BootstrapRows => {
  const TableName = table;
  const Key = (key: string) => ({ key: { S: key } });
  const read = async (key: string) => {
    const command = new GetItemCommand({ TableName, Key: Key(key), ConsistentRead: true });
    return (await callAws(`GetItem on ${table}`, () => client.send(command))).Item;
  };
  const wasMoved = async (toKey: string): Promise<boolean> => (await read(toKey)) !== undefined;

  return {
    read: async (key) => {
      const item = await read(key);
      return item && (decodeFields(item) as unknown as BootstrapRow);
    },
    move: async (fromKey, toKey) => {
      const row = await read(fromKey);
      if (row === undefined) return wasMoved(toKey);
      const stillThere = {
        ConditionExpression: "attribute_exists(#key)",
        ExpressionAttributeNames: { "#key": "key" },
      };
      const moved = await transact(
        client,
        [
          { Put: { TableName, Item: { ...row, ...Key(toKey) } } },
          { Delete: { TableName, Key: Key(fromKey), ...stillThere } },
        ],
        timeout,
      );
      return moved || wasMoved(toKey);
    },
    remove: async (key) => {
      const command = new DeleteItemCommand({ TableName, Key: Key(key) });
      await callAws(`DeleteItem on ${table}`, () => client.send(command));
    },
  };
};
