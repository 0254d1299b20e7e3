import { dynamoBootstrapRows } from "../adapters/dynamodb/bootstrap-rows";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { ledgerOf } from "./ledger-wiring";
import { timeout } from "./wiring";

interface Tables {
  readonly ledgerTable: string;
  readonly bootstrapTable: string;
  /** Whether the ledger's changes may put rows for new runners. */
  readonly createsRunners: boolean;
}

/** Both tables over one client. Imported dynamically alone, see `withTables`. */
export const ledgerAndRows = ({ ledgerTable, bootstrapTable, createsRunners }: Tables) => {
  const client = dynamoDbClient();
  return {
    ledger: ledgerOf(ledgerTable, createsRunners ? bootstrapTable : undefined, client),
    rows: dynamoBootstrapRows(client, bootstrapTable, timeout),
  };
};
