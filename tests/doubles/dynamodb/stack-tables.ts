import type { TableShape } from "./tables";

/** The stacks' tables: their names in tests, and their keys and indexes. */
export const LEDGER_TABLE = "ledger";
export const BOOTSTRAP_TABLE = "bootstrap";
export const MAPPING_TABLE = "mapping";

export const STACK_TABLES: Readonly<Record<string, TableShape>> = {
  [LEDGER_TABLE]: {
    keys: ["pk", "sk"],
    indexes: { open: ["openPk", "openSk"], resource: ["resourceId"] },
  },
  [BOOTSTRAP_TABLE]: { keys: ["key"] },
  [MAPPING_TABLE]: { keys: ["pk", "sk"] },
};
