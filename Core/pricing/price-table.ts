import table from "./price-table.json";
import { type FunctionSize, functionHour, type LambdaPrices, type Price } from "./prices";

/**
 * On-demand prices in USD, Linux, for where AWS's price list is refused or not reached. What is not here is unknown, and is
 * said to be: nothing is guessed, spot prices least of all, which change by the hour and zone.
 *
 * The figures are AWS's price list as published by others, since the list itself was not reached where this was written:
 * us-east-1 as generated on its day, and since confirmed by https://aws.amazon.com/ec2/pricing/on-demand/ on 2026-11-24 for the
 * types of https://docs.aws.amazon.com/ec2/latest/instancetypes/ that AutoScaler's defaults name; the other regions from a
 * copy whose own day is not known, dated with the earliest that it can be of. It has no EC2 in sa-east-1.
 * `npm run prices -- --write` writes this table anew from the price list, in an account that may read it.
 */
interface RegionPrices {
  /** The day of the figures. */
  readonly asOf: string;
  /** USD an hour by instance type. */
  readonly hour: Readonly<Record<string, number>>;
  readonly lambda: LambdaPrices;
}

/** Regions have other instance types than one another. */
const REGIONS: ReadonlyMap<string, RegionPrices> = new Map(Object.entries<RegionPrices>(table));

/** The region by whose prices types are compared where no deployment's is known. */
export const TABLE_REGION = "us-east-1";

const fromTable = ({ asOf }: RegionPrices) => ({ source: "table", asOf: Date.parse(asOf) }) as const;

/** An instance's price on demand, without disk and address. Undefined: unknown. */
export const instanceInTable = (instanceType: string, region: string): Price | undefined => {
  const prices = REGIONS.get(region);
  const perHour = prices && new Map(Object.entries(prices.hour)).get(instanceType);
  return prices === undefined || perHour === undefined ? undefined : { perHour, ...fromTable(prices) };
};

/** A function's price, without `/tmp`. Undefined: unknown. */
export const functionInTable = (size: FunctionSize, region: string): Price | undefined => {
  const prices = REGIONS.get(region);
  if (prices === undefined) return undefined;
  const perRequest = prices.lambda[size.architecture].request;
  return { perHour: functionHour(prices.lambda, size), perRequest, ...fromTable(prices) };
};
