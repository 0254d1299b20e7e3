import { dynamoDbClient } from "../adapters/dynamodb/client";
import { dynamoMappings } from "../adapters/dynamodb/mappings";
import { ledgerOf } from "./ledger-wiring";

/** Both tables over one client. Imported dynamically alone, see `withTables`. */
export const ledgerAndMappings = (ledgerTable: string, mappingTable: string) => {
  const client = dynamoDbClient();
  return { ledger: ledgerOf(ledgerTable, undefined, client), mappings: dynamoMappings(client, mappingTable) };
};
