import type { PriceList } from "../AutoScaler/src/ports";

/** What a new table is made of. */
export interface TableOrder {
  readonly regions: readonly string[];
  readonly instanceTypes: readonly string[];
  /** The day that the figures are of, e.g. `2026-11-30`. */
  readonly day: string;
  readonly listOf: (region: string) => PriceList;
}

/** As `Core/pricing/price-table.json` has it. A type that a region's list lacks is left out: it is unknown. */
export const priceTable = async ({ regions, instanceTypes, day, listOf }: TableOrder) => {
  const table: Record<string, { asOf: string; hour: object; lambda: object }> = {};
  for (const region of regions) {
    const list = listOf(region);
    table[region] = { asOf: day, hour: await list.instances(instanceTypes), lambda: await list.lambda() };
  }
  return table;
};
