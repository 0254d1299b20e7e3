import { type AttributeValue, type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { projectsNamed } from "../../../../Core/routing/mapping-projects";
import { mappingRows, storedRow } from "../../../../Core/routing/read-mapping";
import type { MappingRow, Mappings } from "../../ports";
import { callAws } from "../aws-errors";
import { tableReads } from "./table-reads";

type Item = Record<string, AttributeValue>;

/**
 * The mapping table, keys `pk` and `sk`. Reads are consistent: a job sees every row uploaded before it.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const dynamoMappings = (client: Pick<DynamoDBClient, "send">, table: string): Mappings => ({
  projectIds: async () => {
    const rows: MappingRow[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const command: ScanCommand = new ScanCommand({
        TableName: table,
        ProjectionExpression: "#pk, #projects",
        ExpressionAttributeNames: { "#pk": "pk", "#projects": "projects" },
        ExclusiveStartKey,
      });
      const answer = await callAws(`Scan of ${table}`, () => client.send(command));
      rows.push(...(answer.Items ?? []).map(storedRow));
      ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return projectsNamed(rows);
  },
  rows: (pk) => mappingRows(tableReads(client, table), pk),
});
