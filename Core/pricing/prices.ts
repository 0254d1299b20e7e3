import type { Architecture } from "../model/runner-class";

/**
 * Where a price comes from: AWS's price list, the history of spot prices, or the dated table in `price-table.ts`, which
 * stands in where the other two were refused or not reached.
 */
export const PRICE_SOURCES = ["price-list", "spot-history", "table"] as const;
export type PriceSource = (typeof PRICE_SOURCES)[number];

/** How an instance is paid for. */
export type BoughtAs = "spot" | "on-demand";

/** What a runner costs while it runs, in USD. */
export interface Price {
  readonly perHour: number;
  /** Lambda: for its one invocation. */
  readonly perRequest?: number;
  readonly source: PriceSource;
  /** When the source said so. */
  readonly asOf: number;
}

/** A runner function's size, as Lambda's own configuration states it. */
export interface FunctionSize {
  readonly memoryMiB: number;
  /** `/tmp`. What it costs is an estimate, and no part of a runner's price. */
  readonly storageMiB: number;
  readonly architecture: Architecture;
  /** Lambda makes an environment for each job, and asks for each: an estimate as well. */
  readonly isTenantIsolated?: boolean;
}

/** What Lambda asks in USD for a GB-second of memory and for a request, of each architecture. */
export type LambdaPrices = Readonly<
  Record<Architecture, { readonly gbSecond: number; readonly request: number }>
>;

/** The region and the day of the figures in `rest-prices.ts` and `estimates.ts`. */
export const PRICES_AS_OF = "2026-11-24";
export const PRICES_REGION = "us-east-1";

const MIB_PER_GB = 1024;
const SECONDS_PER_HOUR = 3600;

/** USD for an hour of a function: its memory, without `/tmp`. */
export const functionHour = (
  prices: LambdaPrices,
  { memoryMiB, architecture }: Pick<FunctionSize, "memoryMiB" | "architecture">,
): number => (memoryMiB / MIB_PER_GB) * prices[architecture].gbSecond * SECONDS_PER_HOUR;

/** The cheapest and the dearest of several; undefined where one of them is unknown or there is none. */
export const priceRange = (
  prices: readonly (number | undefined)[],
): { readonly least: number; readonly most: number } | undefined => {
  const known = prices.filter((price) => price !== undefined);
  if (known.length === 0 || known.length < prices.length) return undefined;
  return { least: Math.min(...known), most: Math.max(...known) };
};
