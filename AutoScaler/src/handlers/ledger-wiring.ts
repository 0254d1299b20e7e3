import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { defined } from "../../../Core/defined";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { dynamoLedger } from "../adapters/dynamodb/ledger";
import type { Ledger } from "../ports";
import { timeout } from "./wiring";

/** In a file of its own: who has no ledger does not load DynamoDB's client at its start. */
export const ledgerOf = (
  table: string,
  bootstrapTable?: string,
  client: DynamoDBClient = dynamoDbClient(),
): Ledger => dynamoLedger(client, { table, ...defined({ bootstrapTable }), ...timeout });
