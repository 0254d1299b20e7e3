import type { Architecture } from "../model/runner-class";

/**
 * On-demand prices in USD, us-east-1, Linux, as the pages below showed them on this day. What is not here is
 * unknown, and is said to be: nothing is guessed, spot prices least of all, which change by the hour and zone.
 *
 * https://aws.amazon.com/ec2/pricing/on-demand/ https://aws.amazon.com/lambda/pricing/
 */
export const PRICES_AS_OF = "2026-11-24";
export const PRICES_REGION = "us-east-1";

/** USD an hour. */
const INSTANCE_HOUR: ReadonlyMap<string, number> = new Map([
  ["t3.medium", 0.0416],
  ["t4g.medium", 0.0336],
  ["m7g.medium", 0.0408],
  ["m7g.large", 0.0816],
  ["m7g.xlarge", 0.1632],
  ["m7i.large", 0.1008],
  ["c7g.large", 0.0725],
  ["c7g.xlarge", 0.145],
  ["c7i.large", 0.08925],
]);

/** USD a GB-second. */
const LAMBDA_GB_SECOND: Readonly<Record<Architecture, number>> = {
  arm64: 0.0000133334,
  x86_64: 0.0000166667,
};
/** USD a GB-second of `/tmp` above what is free. */
const LAMBDA_STORAGE_GB_SECOND = 0.0000000309;
const FREE_STORAGE_MIB = 512;

const MIB_PER_GB = 1024;
const SECONDS_PER_HOUR = 3600;

/**
 * An instance's price.
 *
 * @param boughtAs `spot` is unknown
 * @returns USD an hour, without disk and address; undefined: unknown
 */
export const instancePricePerHour = (
  instanceType: string,
  boughtAs: "spot" | "on-demand",
  region: string,
): number | undefined =>
  boughtAs === "on-demand" && region === PRICES_REGION ? INSTANCE_HOUR.get(instanceType) : undefined;

/** A function's size, as Lambda's own configuration states it. */
export interface FunctionSize {
  readonly memoryMiB: number;
  /** `/tmp`. */
  readonly storageMiB: number;
  readonly architecture: Architecture;
}

/**
 * What a function costs while it runs.
 *
 * @returns USD an hour; undefined: unknown
 */
export const functionPricePerHour = (size: FunctionSize, region: string): number | undefined => {
  if (region !== PRICES_REGION) return undefined;
  const memory = (size.memoryMiB / MIB_PER_GB) * LAMBDA_GB_SECOND[size.architecture];
  const paidStorageMiB = Math.max(0, size.storageMiB - FREE_STORAGE_MIB);
  return (memory + (paidStorageMiB / MIB_PER_GB) * LAMBDA_STORAGE_GB_SECOND) * SECONDS_PER_HOUR;
};

/** The cheapest and the dearest of several; undefined where one of them is unknown or there is none. */
export const priceRange = (
  prices: readonly (number | undefined)[],
): { readonly least: number; readonly most: number } | undefined => {
  const known = prices.filter((price) => price !== undefined);
  if (known.length === 0 || known.length < prices.length) return undefined;
  return { least: Math.min(...known), most: Math.max(...known) };
};
