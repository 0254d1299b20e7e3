import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import type { BootstrapRows } from "../../ports";

export interface FakeBootstrapRows extends BootstrapRows {
  /** The table: key → row. A fake ledger that shares it writes here too. */
  readonly rows: Map<string, BootstrapRow>;
  /** Reads and removes a row, as a runner does. */
  take(key: string): BootstrapRow | undefined;
}

/** The bootstrap table. */
export const fakeBootstrapRows = (): FakeBootstrapRows => {
  const rows = new Map<string, BootstrapRow>();
  return {
    rows,
    take: (key) => {
      const row = rows.get(key);
      rows.delete(key);
      return row;
    },
    read: async (key) => rows.get(key),
    move: async (fromKey, toKey) => {
      const row = rows.get(fromKey);
      if (row === undefined) return rows.has(toKey);
      rows.delete(fromKey);
      rows.set(toKey, { ...row, key: toKey });
      return true;
    },
    remove: async (key) => {
      rows.delete(key);
    },
  };
};
