import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { defined } from "../../../../Core/defined";
import { readerOf } from "../../../../Core/ledger/reader";
import type { Ledger } from "../../ports";
import { transactItem } from "./ledger-changes";
import { reserve } from "./reservation";
import { tableReads } from "./table-reads";
import { type Timeout, transact } from "./transact";

export interface DynamoLedgerOptions extends Timeout {
  readonly table: string;
  /** The table for runner tokens; set only in functions that create runners. */
  readonly bootstrapTable?: string;
}

/**
 * The ledger in DynamoDB: AutoScaler's ledger table, as Core/ledger/reader.ts describes it.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const dynamoLedger = (
  client: Pick<DynamoDBClient, "send">,
  { table, bootstrapTable, ...timeout }: DynamoLedgerOptions,
): Ledger => {
  const tables = { ledger: table, ...defined({ bootstrap: bootstrapTable }) };
  return {
    ...readerOf(tableReads(client, table)),
    commit: (changes) =>
      transact(
        client,
        changes.map((change) => transactItem(tables, change)),
        timeout,
      ),
    reserve: (row, window) => reserve(client, table, row, window),
  };
};
