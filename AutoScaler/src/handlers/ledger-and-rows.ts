import { dynamoBootstrapRows } from "../adapters/dynamodb/bootstrap-rows";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { ledgerOf } from "./ledger-wiring";
import { timeout } from "./machine";

/** Both tables over one client. Imported dynamically alone, see `withTables`. */
export const ledgerAndRows = (ledgerTable: string, bootstrapTable: string) => {
  const client = dynamoDbClient();
  return {
    ledger: ledgerOf(ledgerTable, bootstrapTable, client),
    rows: dynamoBootstrapRows(client, bootstrapTable, timeout),
  };
};
