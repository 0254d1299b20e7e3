import { isMappingRow, isNearMiss } from "../../Core/routing/mapping-reading";
import { effectiveRow, type StoredRow, stagedPart } from "../../Core/routing/mapping-state";
import { canonicalKey } from "./row-kinds";

/** What an upload changes. `row` is the document's, `was` what is stored. */
export type MappingChange =
  | { readonly kind: "add"; readonly row: StoredRow }
  | { readonly kind: "change"; readonly row: StoredRow; readonly was: StoredRow }
  | { readonly kind: "remove"; readonly row: StoredRow; readonly why: "pruned" | "same keys, other order" };

export interface Difference {
  readonly changes: readonly MappingChange[];
  readonly unchanged: number;
  /** Rows that the document lacks and that stay, for want of `--prune`. */
  readonly others: readonly StoredRow[];
  /** Rows that were meant for the mapping and miss its keys: never touched. */
  readonly misses: readonly StoredRow[];
  /** Rows with a part that some upload staged and did not fold in: to be settled before anything else. */
  readonly unsettled: readonly StoredRow[];
}

const plain = (value: unknown): unknown => {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Set) return [...value].map(plain).sort();
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "object" && value !== null ? inOrder(value) : value;
};

/** DynamoDB keeps no order of a map's fields. */
const inOrder = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields)
      .map(([name, value]) => [name, plain(value)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** A row's fields in one order, so that two rows that say the same read the same. */
export const canonicalRow = (row: StoredRow): string => {
  const { pk, sk, ...fields } = row;
  const entries = Object.entries(fields).map(([name, value]) => [name, plain(value)] as const);
  return JSON.stringify([pk, sk, entries.sort(([a], [b]) => (a < b ? -1 : 1))]);
};

export const rowId = ({ pk, sk }: Pick<StoredRow, "pk" | "sk">): string => JSON.stringify([pk, sk]);

/**
 * Compares the document's rows with the table's, page by page: only differences are kept in memory.
 *
 * @param applied the generation that counts
 */
export class Comparison {
  private readonly wanted: Map<string, StoredRow>;
  private readonly wantedIds: ReadonlySet<string>;
  private readonly changes: MappingChange[] = [];
  private readonly others: StoredRow[] = [];
  private readonly misses: StoredRow[] = [];
  private readonly unsettled: StoredRow[] = [];
  private unchanged = 0;

  constructor(
    rows: readonly StoredRow[],
    private readonly applied: number,
    private readonly prune: boolean,
  ) {
    this.wanted = new Map(rows.map((row) => [rowId(row), row]));
    this.wantedIds = new Set(this.wanted.keys());
  }

  private compare(stored: StoredRow): void {
    const wanted = this.wanted.get(rowId(stored));
    if (wanted !== undefined) {
      this.wanted.delete(rowId(stored));
      if (canonicalRow(wanted) === canonicalRow(stored)) this.unchanged += 1;
      else this.changes.push({ kind: "change", row: wanted, was: stored });
    } else if (this.wantedIds.has(rowId(canonicalKey(stored)))) {
      this.changes.push({ kind: "remove", row: stored, why: "same keys, other order" });
    } else if (this.prune) {
      this.changes.push({ kind: "remove", row: stored, why: "pruned" });
    } else {
      this.others.push(stored);
    }
  }

  /** Takes one page of the table. */
  add(page: readonly StoredRow[]): void {
    this.misses.push(...page.filter(isNearMiss));
    for (const row of page.filter(isMappingRow)) {
      if (stagedPart(row) !== undefined) this.unsettled.push(row);
      const stored = effectiveRow(row, this.applied);
      if (stored !== undefined) this.compare(stored);
    }
  }

  result(): Difference {
    const added = [...this.wanted.values()].map((row) => ({ kind: "add", row }) as const);
    const { unchanged, others, misses, unsettled } = this;
    return { changes: [...this.changes, ...added], unchanged, others, misses, unsettled };
  }
}
