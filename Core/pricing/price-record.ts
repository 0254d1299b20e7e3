import { ARCHITECTURES } from "../model/runner-class";
import type { FunctionSize, LambdaPrices } from "./prices";

/** Name of the state record of the ledger in which function `keep-prices` keeps what a launch needs to know. */
export const PRICES_RECORD = "prices";

/** USD an hour by instance type, as the price list last said it. */
export interface ListedPrices {
  readonly at: number;
  readonly instances: Readonly<Record<string, number>>;
  readonly lambda: LambdaPrices;
}

/** USD an hour by instance type and zone, e.g. `{ "m7g.large": { "eu-west-1a": 0.0421 } }`. */
export interface SpotPrices {
  readonly at: number;
  readonly instances: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * The prices of what the deployment may launch, and of nothing else. Whatever was refused or not reached keeps what it had
 * last, with its date; what was never reached is absent, and the dated table stands in for it.
 */
export interface PriceRecord {
  readonly region: string;
  readonly list?: ListedPrices;
  readonly spot?: SpotPrices;
  /** The zone of each subnet, e.g. `{ "subnet-1": "eu-west-1a" }`. */
  readonly zones: Readonly<Record<string, string>>;
  /** Size of each runner function by its ARN. */
  readonly functions: Readonly<Record<string, FunctionSize>>;
  /** When price list and functions were last asked, whatever came of it. */
  readonly askedAt?: number;
  /** When a job was last seen. Without jobs spot prices are not asked. */
  readonly activeAt?: number;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === "string";

const recordOf = <Entry>(
  value: unknown,
  isEntry: (entry: unknown) => entry is Entry,
): Readonly<Record<string, Entry>> =>
  Object.fromEntries(
    Object.entries(isFields(value) ? value : {}).filter((entry): entry is [string, Entry] =>
      isEntry(entry[1]),
    ),
  );

const isNumbers = (value: unknown): value is Readonly<Record<string, number>> =>
  isFields(value) && Object.values(value).every(isNumber);

const isSize = (value: unknown): value is FunctionSize =>
  isFields(value) &&
  isNumber(value.memoryMiB) &&
  isNumber(value.storageMiB) &&
  ARCHITECTURES.some((architecture) => architecture === value.architecture);

const isLambda = (value: unknown): value is LambdaPrices =>
  isFields(value) &&
  ARCHITECTURES.every((architecture) => {
    const prices = value[architecture];
    return isFields(prices) && isNumber(prices.gbSecond) && isNumber(prices.request);
  });

const listOf = (value: unknown): Pick<PriceRecord, "list"> =>
  isFields(value) && isNumber(value.at) && isNumbers(value.instances) && isLambda(value.lambda)
    ? { list: { at: value.at, instances: value.instances, lambda: value.lambda } }
    : {};

const spotOf = (value: unknown): Pick<PriceRecord, "spot"> =>
  isFields(value) && isNumber(value.at)
    ? { spot: { at: value.at, instances: recordOf(value.instances, isNumbers) } }
    : {};

/**
 * The record as it was stored. What another version wrote in another shape is left out: a price is then unknown, or the
 * table's. Undefined: there is no record.
 */
export const parsePriceRecord = (value: unknown): PriceRecord | undefined => {
  if (!isFields(value) || !isText(value.region)) return undefined;
  const { region, list, spot, zones, functions, askedAt, activeAt } = value;
  return {
    region,
    ...listOf(list),
    ...spotOf(spot),
    zones: recordOf(zones, isText),
    functions: recordOf(functions, isSize),
    ...(isNumber(askedAt) ? { askedAt } : {}),
    ...(isNumber(activeAt) ? { activeAt } : {}),
  };
};
