import type { LaunchPrices } from "../ports";
import { launchPrices } from "../pricing/launch-price";
import { PriceMemory } from "../pricing/price-memory";

/** Imported by `prices-later.ts` alone. */
export const pricesOfProcess = (region: string): LaunchPrices => launchPrices(new PriceMemory(region));
