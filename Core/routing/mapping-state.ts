/**
 * How an upload of any size becomes visible in one moment.
 *
 * One row of the mapping table, the *state*, tells which generation of uploads is applied. An upload first
 * writes its changes beside the rows (`staged`, with its generation number), then moves the state's `applied`
 * in one conditional write, and only then folds the staged parts into the rows. A reader who meets a row with
 * a staged part asks the state which of the two counts. So a killed upload leaves the old mapping whole, or
 * the new one, never a mixture. Rows that people write by hand have no staged part and count as they are.
 */
export const STATE_PARTITION_KEY = "mapping";
export const STATE_SORT_KEY = "state";

/** A row as stored: keys, and fields that have to be checked before use. */
export interface StoredRow {
  readonly pk: string;
  readonly sk: string;
  readonly [field: string]: unknown;
}

/** Rows by partition key, as read for one look-up; a key that was asked and has no rows maps to none. */
export type RowsByKey = ReadonlyMap<string, readonly StoredRow[]>;

/** `row` absent: the upload removes the row. */
export interface Staged {
  readonly generation: number;
  readonly row?: Readonly<Record<string, unknown>>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The staged part of a row; undefined when there is none. */
export const stagedPart = (row: StoredRow): Staged | undefined => {
  const { staged } = row;
  if (!isRecord(staged) || typeof staged.generation !== "number") return undefined;
  const { generation, row: next } = staged;
  return isRecord(next) ? { generation, row: next } : { generation };
};

/** The generation that counts; 0 before the first upload. */
export const appliedGeneration = (rows: readonly StoredRow[]): number => {
  const applied = rows.find((row) => row.sk === STATE_SORT_KEY)?.applied;
  return typeof applied === "number" ? applied : 0;
};

/** The row without what is staged; undefined when the row has nothing of its own yet. */
const unstaged = (row: StoredRow): StoredRow | undefined => {
  const { staged: _, ...rest } = row;
  return Object.keys(rest).length > 2 ? rest : undefined;
};

/**
 * The row that counts under the applied generation; undefined when there is none.
 * A part staged by any other generation belongs to an upload that ended before its moment.
 */
export const effectiveRow = (row: StoredRow, applied: number): StoredRow | undefined => {
  const staged = stagedPart(row);
  if (staged?.generation !== applied) return "staged" in row ? unstaged(row) : row;
  return staged.row === undefined ? undefined : { ...staged.row, pk: row.pk, sk: row.sk };
};
