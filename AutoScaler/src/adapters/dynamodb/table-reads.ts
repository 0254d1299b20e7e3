import { type DynamoDBClient, GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { TableReads } from "../../../../Core/ledger/table-reads";
import { callAws } from "../aws-errors";

/**
 * Reads of one DynamoDB table.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const tableReads = (client: Pick<DynamoDBClient, "send">, TableName: string): TableReads => ({
  get: (input) =>
    callAws(`GetItem on ${TableName}`, () => client.send(new GetItemCommand({ TableName, ...input }))),
  query: (input) =>
    callAws(`Query on ${TableName}`, () => client.send(new QueryCommand({ TableName, ...input }))),
});
