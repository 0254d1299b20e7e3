import { type AttributeValue, type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { launchablesOf } from "../../../../Core/pricing/launchables";
import { projectsNamed } from "../../../../Core/routing/mapping-projects";
import { mappingRows, storedRow } from "../../../../Core/routing/read-mapping";
import type { MappingRow, Mappings } from "../../ports";
import { callAws } from "../aws-errors";
import { tableReads } from "./table-reads";

type Item = Record<string, AttributeValue>;

/** All rows, with their partition keys and these fields alone. */
const scan = async (
  client: Pick<DynamoDBClient, "send">,
  table: string,
  fields: readonly string[],
): Promise<readonly MappingRow[]> => {
  const names = ["pk", ...fields];
  const rows: MappingRow[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const command: ScanCommand = new ScanCommand({
      TableName: table,
      ProjectionExpression: names.map((name) => `#${name}`).join(", "),
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExclusiveStartKey,
    });
    const answer = await callAws(`Scan of ${table}`, () => client.send(command));
    rows.push(...(answer.Items ?? []).map(storedRow));
    ExclusiveStartKey = answer.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return rows;
};

/**
 * The mapping table, keys `pk` and `sk`. Reads are consistent: a job sees every row uploaded before it.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const dynamoMappings = (client: Pick<DynamoDBClient, "send">, table: string): Mappings => ({
  projectIds: async () => projectsNamed(await scan(client, table, ["projects"])),
  launchables: async () => launchablesOf(await scan(client, table, ["arn", "market", "EC2"])),
  rows: (pk) => mappingRows(tableReads(client, table), pk),
});
