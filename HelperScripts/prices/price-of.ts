import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import type { Ec2Settings, MicroVmSettings } from "../../Core/model/runner-class";
import { instancePrice, type KnownPrices, sizePrice, spotPricesOf } from "../../Core/pricing/known-prices";
import { microVmPrice } from "../../Core/pricing/microvm-price";
import { sourceWords } from "../../Core/pricing/price-words";
import { type FunctionSize, type Price, type PriceSource, priceRange } from "../../Core/pricing/prices";
import { dollars } from "../console/words";
import type { Context } from "../context";
import { isNamed } from "../failures";

/** What a runner would cost while it runs, as far as it is known. */
export interface ExplainedPrice {
  /** USD an hour, at least and at most; absent: unknown. */
  readonly least?: number;
  readonly most?: number;
  /** USD once: for a Lambda runner's one request, or for a MicroVM's launch. */
  readonly request?: number;
  /** Where the figures come from. */
  readonly sources?: readonly PriceSource[];
  /** The function or the MicroVM's image is not there: a runner of it cannot start. */
  readonly isMissing?: true;
  readonly sentence: string;
}

const range = (least: number, most: number): string =>
  least === most ? dollars(least) : `${dollars(least)} to ${dollars(most)}`;

const unknown = (why: string): ExplainedPrice => ({ sentence: `unknown: ${why}` });

/** Prices of several instance types in one market. */
interface MarketPrices {
  /** False: the price of one of the types is unknown. */
  readonly isWhole: boolean;
  readonly least: number;
  readonly most: number;
  readonly sources: readonly PriceSource[];
  readonly text: string;
}

const day = (asOf: number): string => new Date(asOf).toISOString().slice(0, 10);

/** `price list, 2026-11-30`: each source once. */
const sourceText = (prices: readonly Price[]): string =>
  [...new Set(prices.map(({ source, asOf }) => `${sourceWords(source)}, ${day(asOf)}`))].join("; ");

const sourcesOf = (prices: readonly Price[]): readonly PriceSource[] => [
  ...new Set(prices.map(({ source }) => source)),
];

const onDemand = (known: KnownPrices, { instanceTypes }: Ec2Settings): MarketPrices | undefined => {
  const priceOf = (instanceType: string) => instancePrice(known, { instanceType, boughtAs: "on-demand" });
  const prices = instanceTypes.flatMap((type) => priceOf(type) ?? []);
  const found = priceRange(prices.map(({ perHour }) => perHour));
  if (found === undefined) return undefined;
  const missing = instanceTypes.filter((type) => priceOf(type) === undefined);
  const rest = missing.length === 0 ? "" : `; unknown: ${missing.join(", ")}`;
  const text = `${range(found.least, found.most)} an hour on-demand (${sourceText(prices)}), without disk and address${rest}`;
  return { ...found, isWhole: missing.length === 0, sources: sourcesOf(prices), text };
};

const spot = (known: KnownPrices, { instanceTypes }: Ec2Settings): MarketPrices | undefined => {
  const asOf = known.record?.spot?.at ?? 0;
  const found = priceRange(instanceTypes.flatMap((type) => spotPricesOf(known, type)));
  if (found === undefined) return undefined;
  const when = `${new Date(asOf).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const text = `${range(found.least, found.most)} an hour as spot (${sourceWords("spot-history")}, ${when})`;
  const isWhole = instanceTypes.every((type) => spotPricesOf(known, type).length > 0);
  return { ...found, isWhole, sources: ["spot-history"], text };
};

const together = (markets: readonly MarketPrices[], sentence: string): ExplainedPrice => ({
  ...(markets.every(({ isWhole }) => isWhole)
    ? {
        least: Math.min(...markets.map(({ least }) => least)),
        most: Math.max(...markets.map(({ most }) => most)),
      }
    : {}),
  sources: [...new Set(markets.flatMap(({ sources }) => sources))],
  sentence,
});

const NO_SPOT = "spot prices change by the hour, and none are kept yet";

/** A `spot-first` runner may be either. */
export const ec2Price = (ec2: Ec2Settings, known: KnownPrices): ExplainedPrice => {
  const listed = onDemand(known, ec2);
  if (ec2.market === "on-demand")
    return listed ? together([listed], listed.text) : unknown(`no price of these types in ${known.region}`);
  const bid = spot(known, ec2);
  const instead = listed && ec2.market === "spot-first" ? `; where spot is short ${listed.text}` : "";
  if (bid === undefined) return unknown(`${NO_SPOT}${instead}`);
  const markets = listed && ec2.market === "spot-first" ? [bid, listed] : [bid];
  return together(markets, `${bid.text}${instead}`);
};

/** A MicroVM's price by its size. */
export const microVmPriceOf = ({ memoryMiB }: MicroVmSettings, { region }: KnownPrices): ExplainedPrice => {
  const price = microVmPrice(region, memoryMiB);
  if (price === undefined) return unknown(`no price of MicroVMs in ${region}`);
  const { perHour, perRequest = 0 } = price;
  return {
    least: perHour,
    most: perHour,
    request: perRequest,
    sources: [price.source],
    sentence: `${dollars(perHour)} an hour, and ${dollars(perRequest)} for the launch at the most (${sourceText([price])}), without what it uses above its size`,
  };
};

const ofSize = (size: FunctionSize, known: KnownPrices): ExplainedPrice => {
  const price = sizePrice(known, size);
  if (price === undefined) return unknown(`no price of Lambda in ${known.region}`);
  const { perHour, perRequest } = price;
  return {
    least: perHour,
    most: perHour,
    ...(perRequest === undefined ? {} : { request: perRequest }),
    sources: [price.source],
    sentence: `${dollars(perHour)} an hour for ${size.memoryMiB} MiB on ${size.architecture} (${sourceText([price])})`,
  };
};

/** A function's price by its own size. */
export const functionPrice = async (
  context: Context,
  arn: string,
  known: KnownPrices,
): Promise<ExplainedPrice> => {
  try {
    const answer = await context.clients
      .lambda()
      .send(new GetFunctionConfigurationCommand({ FunctionName: arn }));
    const size = {
      memoryMiB: answer.MemorySize ?? 128,
      storageMiB: answer.EphemeralStorage?.Size ?? 512,
      architecture: answer.Architectures?.[0] === "arm64" ? "arm64" : "x86_64",
    } as const;
    return ofSize(size, known);
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException"))
      return { ...unknown("there is no such function"), isMissing: true };
    return unknown(`Lambda says ${error instanceof Error ? error.name : "error"}`);
  }
};
