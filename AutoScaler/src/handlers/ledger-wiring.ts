import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDbClient } from "../adapters/dynamo-client";
import { dynamoLedger } from "../adapters/dynamo-ledger";
import type { Ledger } from "../domain/ports";
import { patience } from "./wiring";

/** In a file of its own: who has no ledger does not load DynamoDB's client at its start. */
export const ledgerOf = (
  table: string,
  bootstrapTable?: string,
  client: DynamoDBClient = dynamoDbClient(),
): Ledger =>
  dynamoLedger(client, { table, ...(bootstrapTable === undefined ? {} : { bootstrapTable }), ...patience });
