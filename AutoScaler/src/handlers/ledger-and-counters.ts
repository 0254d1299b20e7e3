import { dynamoDbClient } from "../adapters/dynamodb/client";
import { dynamoMinuteCounters } from "../adapters/dynamodb/minute-counters";
import { ledgerOf } from "./ledger-wiring";

/** The ledger and the counters in it. Imported dynamically alone, see `withTables`. */
export const ledgerAndCounters = (table: string) => {
  const client = dynamoDbClient();
  return { ledger: ledgerOf(table, undefined, client), counters: dynamoMinuteCounters(client, table) };
};
