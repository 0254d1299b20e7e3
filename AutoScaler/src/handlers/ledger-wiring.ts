import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { defined } from "../../../Core/defined";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { dynamoLedger } from "../adapters/dynamodb/ledger";
import type { Ledger } from "../ports";
import { timeout } from "./machine";

/** A file of its own, so that functions without a ledger do not load DynamoDB's client at their start. */
export const ledgerOf = (
  table: string,
  bootstrapTable?: string,
  client: DynamoDBClient = dynamoDbClient(),
): Ledger => dynamoLedger(client, { table, ...defined({ bootstrapTable }), ...timeout });
