import { type DynamoDBClient, GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { TableReads } from "../Core/ledger/table-reads";

/** Reads of one table; what the client throws is made a sentence where the program ends (see failures.ts). */
export const tableReads = (client: Pick<DynamoDBClient, "send">, TableName: string): TableReads => ({
  get: (input) => client.send(new GetItemCommand({ TableName, ...input })),
  query: (input) => client.send(new QueryCommand({ TableName, ...input })),
});
