import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { readerOf } from "../../../Core/ledger/reader";
import type { Ledger } from "../domain/ports";
import { tableReads } from "./dynamo-reads";
import { transactItem } from "./ledger-changes";
import { nextMoment } from "./next-moment";
import { type Patience, transact } from "./transact";

export interface DynamoLedgerOptions extends Patience {
  readonly table: string;
  /** Where runners' tokens wait; only functions that create runners name it. */
  readonly bootstrapTable?: string;
}

/**
 * The ledger in DynamoDB: AutoScaler's ledger table, as Core/ledger/reader.ts describes it.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const dynamoLedger = (
  client: Pick<DynamoDBClient, "send">,
  { table, bootstrapTable, ...patience }: DynamoLedgerOptions,
): Ledger => {
  const tables = { ledger: table, ...(bootstrapTable === undefined ? {} : { bootstrap: bootstrapTable }) };
  return {
    ...readerOf(tableReads(client, table)),
    commit: (changes) =>
      transact(
        client,
        changes.map((change) => transactItem(tables, change)),
        patience,
      ),
    nextMoment: (row, moments) => nextMoment(client, table, row, moments),
  };
};
