import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { projectsNamed } from "../../../Core/mapping-projects";
import type { MappingRow, Mappings } from "../domain/ports";
import { callAws } from "./aws-errors";
import { decodeFields } from "./ledger-codec";

type Item = Record<string, AttributeValue>;

const mappingRow = (item: Item): MappingRow => {
  const fields = decodeFields(item);
  return { ...fields, pk: String(fields.pk), sk: String(fields.sk) };
};

/**
 * The mapping table, keys `pk` and `sk`. Read consistently: a job decides by what was uploaded before it.
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
      rows.push(...(answer.Items ?? []).map(mappingRow));
      ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return projectsNamed(rows);
  },
  rows: async (pk) => {
    const rows: MappingRow[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const command: QueryCommand = new QueryCommand({
        TableName: table,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: pk } },
        ConsistentRead: true,
        ExclusiveStartKey,
      });
      const answer = await callAws(`Query on ${table}`, () => client.send(command));
      rows.push(...(answer.Items ?? []).map(mappingRow));
      ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return rows;
  },
});
