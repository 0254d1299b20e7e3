import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { encode } from "../../../../Core/ledger/codec";
import { dayStart } from "../../../../Core/usage/days";
import { type DayUsage, type RowKind, rowKey } from "../../../../Core/usage/sums";
import { usageReader } from "../../../../Core/usage/usage-reader";
import type { UsageRows } from "../../ports";
import { callAws } from "../aws-errors";
import { tableReads } from "./table-reads";

const ROWS_KEPT_DAYS = 400;
const SECONDS_A_DAY = 86_400;

/**
 * A day's counts and rows in the ledger table.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const dynamoUsageRows = (client: Pick<DynamoDBClient, "send">, TableName: string): UsageRows => {
  const put = async (kind: RowKind, row: Pick<DayUsage, "day" | "projectId">): Promise<void> => {
    const ttl = dayStart(row.day) / 1_000 + ROWS_KEPT_DAYS * SECONDS_A_DAY;
    const Item = encode({ ...row, ...rowKey(kind, row), ttl });
    await callAws(`PutItem on ${TableName}`, () => client.send(new PutItemCommand({ TableName, Item })));
  };
  return {
    ...usageReader(tableReads(client, TableName)),
    putDay: (row) => put("day", row),
    putNames: (row) => put("names", row),
  };
};
