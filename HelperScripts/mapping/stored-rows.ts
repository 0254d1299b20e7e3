import { effectiveRow, type StoredRow } from "../../Core/mapping-state";
import type { MappingTable } from "./mapping-table";
import { isMappingRow } from "./row-kinds";

/** All rows that count. */
export const storedRows = async (table: MappingTable): Promise<readonly StoredRow[]> => {
  const { applied } = await table.state();
  const rows: StoredRow[] = [];
  for await (const page of table.pages()) {
    rows.push(...page.filter(isMappingRow).flatMap((row) => effectiveRow(row, applied) ?? []));
  }
  return rows;
};
