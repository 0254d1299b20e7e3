import { loadLater } from "../adapters/load-later";
import type { LaunchPrices } from "../ports";

/**
 * Prices with their table and rules. `load` begins to load them while GitLab creates the runner: a job's start does not wait for
 * them, and goes on without a price where they cannot be loaded.
 */
export const pricesLater = (region: string): LaunchPrices & { readonly load: () => void } => {
  const later = loadLater("Prices", async () =>
    (await import("./prices-of-process")).pricesOfProcess(region),
  );
  return {
    load: later.begin,
    pricing: async (reads) => {
      const prices = await later.get().catch(() => undefined);
      return prices === undefined ? () => ({}) : prices.pricing(reads);
    },
  };
};
