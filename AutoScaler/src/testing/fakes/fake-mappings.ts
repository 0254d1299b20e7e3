import { launchablesOf } from "../../../../Core/pricing/launchables";
import { projectsNamed } from "../../../../Core/routing/mapping-projects";
import type { MappingRow, Mappings } from "../../ports";

export interface FakeMappings extends Mappings {
  /** Adds a row, or replaces the one with the same keys. */
  add(row: MappingRow): void;
}

/** The mapping table: rows of a partition are sorted by `sk`, as DynamoDB returns them. */
export const fakeMappings = (initial: readonly MappingRow[] = []): FakeMappings => {
  const stored = new Map<string, MappingRow>();
  const add = (row: MappingRow): void => void stored.set(JSON.stringify([row.pk, row.sk]), row);
  initial.forEach(add);
  const bySortKey = (one: MappingRow, other: MappingRow): number => (one.sk < other.sk ? -1 : 1);
  return {
    add,
    projectIds: async () => projectsNamed([...stored.values()]),
    launchables: async () => launchablesOf([...stored.values()]),
    rows: async (pk) => [...stored.values()].filter((row) => row.pk === pk).sort(bySortKey),
  };
};
