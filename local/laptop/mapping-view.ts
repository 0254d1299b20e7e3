import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { readMapping } from "../../Core/routing/mapping-reading";
import type { MappingJobRow } from "../../Core/routing/mapping-row";
import {
  appliedGeneration,
  effectiveRow,
  STATE_PARTITION_KEY,
  type StoredRow,
} from "../../Core/routing/mapping-state";
import { storedRow } from "../../Core/routing/read-mapping";
import type { MappingLine } from "../gitlab/page/laptop-status";
import { clientSettings } from "./client-settings";

const PROVIDER_NAMES: Readonly<Record<MappingJobRow["type"], string>> = {
  EC2: "EC2",
  LAMBDA: "Lambda",
  MICROVM: "MicroVM",
};

const line = ({ name = "any job", projectId, tags, type, className }: MappingJobRow): MappingLine => ({
  job: projectId === undefined ? name : `${name} of project ${projectId}`,
  tags: tags ?? [],
  runner: className === undefined ? PROVIDER_NAMES[type] : `${PROVIDER_NAMES[type]}, ${className}`,
});

/** The rows that count, as lines. Rows that cannot be read are left out: `doctor` names them. */
export const mappingLines = (rows: readonly StoredRow[]): readonly MappingLine[] => {
  const isState = ({ pk }: StoredRow): boolean => pk === STATE_PARTITION_KEY;
  const applied = appliedGeneration(rows.filter(isState));
  const counting = rows.flatMap((row) => (isState(row) ? [] : (effectiveRow(row, applied) ?? [])));
  return readMapping(counting).jobs.map(({ job }) => line(job));
};

/** Reads the mapping table for display. */
export const readMappingLines = async (
  env: Readonly<Record<string, string>>,
  tableName: string,
): Promise<readonly MappingLine[]> => {
  const client = new DynamoDBClient(clientSettings(env));
  const rows: StoredRow[] = [];
  for await (const page of paginateScan({ client }, { TableName: tableName, ConsistentRead: true })) {
    rows.push(...(page.Items ?? []).map(storedRow));
  }
  client.destroy();
  return mappingLines(rows);
};
