import { effectiveRow, STATE_PARTITION_KEY, type StoredRow } from "../../Core/routing/mapping-state";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { MappingTable } from "./mapping-table";

/** All rows that count, those of others among them: `readMapping` tells them apart. */
export const storedRows = async (table: MappingTable): Promise<readonly StoredRow[]> => {
  const { applied } = await table.state();
  const rows: StoredRow[] = [];
  for await (const page of table.pages()) {
    rows.push(
      ...page
        .filter(({ pk }) => pk !== STATE_PARTITION_KEY)
        .flatMap((row) => effectiveRow(row, applied) ?? []),
    );
  }
  return rows;
};

/** The rows of a deployment's mapping that count. */
export const deployedRows = (
  { clients, sleep }: Pick<Context, "clients" | "sleep">,
  deployment: Deployment,
): Promise<readonly StoredRow[]> =>
  storedRows(new MappingTable(clients.dynamoDb(), output(deployment, "MappingTableName"), sleep));
