import type { PriceSource } from "./prices";

const WORDS: Readonly<Record<PriceSource, string>> = {
  "price-list": "price list",
  "spot-history": "spot history",
  table: "dated table",
};

/** Where a price comes from, for people. */
export const sourceWords = (source: PriceSource): string => WORDS[source];
