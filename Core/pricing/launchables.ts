import { MARKETS, type Market } from "../model/runner-class";
import { DEFAULT_CLASS_KEY } from "../routing/classes/default-class";

/** A row as stored, as far as prices hang on it. */
interface PricedRow {
  readonly pk: string;
  readonly arn?: unknown;
  readonly market?: unknown;
  /** Of the class `default`. */
  readonly EC2?: unknown;
}

/** What a mapping lets start. */
export interface Launchables {
  /** ARNs of the runner functions that its rows name, each once. */
  readonly functionArns: readonly string[];
  /** The markets that its classes name, each once. A class that names none has the default class's. */
  readonly markets: readonly Market[];
  /** What it says of the default class; absent: nothing. */
  readonly defaultMarket?: Market;
}

const marketOf = (value: unknown): Market | undefined => MARKETS.find((market) => market === value);

const marketIn = (fields: unknown): Market | undefined =>
  typeof fields === "object" && fields !== null && "market" in fields ? marketOf(fields.market) : undefined;

/** Rows that cannot be are no matter here: no job starts by them. */
export const launchablesOf = (rows: readonly PricedRow[]): Launchables => {
  const arns = rows.flatMap(({ arn }) => (typeof arn === "string" && arn !== "" ? [arn] : []));
  const defaultMarket = marketIn(rows.find(({ pk }) => pk === DEFAULT_CLASS_KEY)?.EC2);
  return {
    functionArns: [...new Set(arns)],
    markets: [...new Set(rows.flatMap(({ market }) => marketOf(market) ?? []))],
    ...(defaultMarket ? { defaultMarket } : {}),
  };
};
