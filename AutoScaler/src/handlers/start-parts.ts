import { launchPrices } from "../pricing/launch-price";
import { PriceMemory } from "../pricing/price-memory";
import { ledgerAndRows } from "./ledger-and-rows";

/** The tables and the prices of a start. Imported dynamically alone, see `withTables`. */
export const startParts = (ledgerTable: string, bootstrapTable: string, region: string) => ({
  ...ledgerAndRows(ledgerTable, bootstrapTable),
  prices: launchPrices(new PriceMemory(region)),
});
