import { dynamoBootstrapRows } from "../adapters/dynamodb/bootstrap-rows";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { ledgerOf } from "./ledger-wiring";
import { timeout } from "./wiring";

/** Both tables over one client. Imported dynamically alone, see `withTables`. */
export const ledgerAndRows = (ledgerTable: string, bootstrapTable: string) => {
  const client = dynamoDbClient();
  return {
    ledger: ledgerOf(ledgerTable, undefined, client),
    rows: dynamoBootstrapRows(client, bootstrapTable, timeout),
  };
};
