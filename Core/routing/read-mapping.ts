import { decodeFields } from "../ledger/codec";
import { type Item, partition, type TableReads } from "../ledger/table-reads";
import type { StoredRow } from "./mapping-state";

/** An item of the mapping table as a row. */
export const storedRow = (item: Item): StoredRow => {
  const fields = decodeFields(item);
  return { ...fields, pk: String(fields.pk), sk: String(fields.sk) };
};

/** The mapping table's rows under a partition key; consistent: a job decides by what was uploaded before it. */
export const mappingRows = async (table: TableReads, pk: string): Promise<readonly StoredRow[]> =>
  (await partition(table, pk)).map(storedRow);
