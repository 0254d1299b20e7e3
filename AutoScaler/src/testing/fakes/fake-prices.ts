import { TransientError } from "../../../../Core/errors";
import { instanceInTable } from "../../../../Core/pricing/price-table";
import type { FunctionSize } from "../../../../Core/pricing/prices";
import type { RoutingSettings } from "../../../../Core/routing/routing-settings";
import type { Dependencies } from "../../dependencies";
import type { FunctionSizes, PriceList, SpotMarket } from "../../ports";
import { keepPrices } from "../../pricing/keep-prices";

/** Parts of the fake that can be refused. */
type Refusable = "instances" | "lambda" | "prices" | "zones" | "size";

export interface FakePrices {
  readonly priceList: PriceList;
  readonly spotMarket: SpotMarket;
  readonly functionSizes: FunctionSizes;
  /** What was asked, in order. */
  readonly asked: string[];
  /** What fails from now on. */
  readonly refused: Set<Refusable>;
  /** Sizes of functions; any other function is of the shipped size. */
  readonly sizes: Map<string, FunctionSize | undefined>;
}

/** As LambdaShellRunner is deployed by default. */
const SHIPPED: FunctionSize = {
  memoryMiB: 1_769,
  storageMiB: 4_096,
  architecture: "arm64",
  isTenantIsolated: true,
};

const LAMBDA = {
  arm64: { gbSecond: 0.0000133334, request: 0.0000002 },
  x86_64: { gbSecond: 0.0000166667, request: 0.0000002 },
} as const;

/** What a spot instance costs of the price on demand: in the first zone, and in all others. */
const SPOT_SHARES = { a: 0.4, b: 0.5 } as const;

/** `subnet-a` and `subnet-1` are in the first zone, all others in the second. */
const zoneOf = (region: string, subnetId: string): string =>
  `${region}${/(a|1)$/.test(subnetId) ? "a" : "b"}`;

/** AWS's prices of a region: on demand those of the dated table, spot a share of them. */
export const fakePrices = (region: string, size = SHIPPED): FakePrices => {
  const asked: string[] = [];
  const refused = new Set<Refusable>();
  const sizes = new Map<string, FunctionSize | undefined>();
  const ask = <Answer>(name: Refusable, answer: Answer): Answer => {
    asked.push(name);
    if (refused.has(name)) throw new TransientError(`${name} is refused`);
    return answer;
  };
  const hours = (types: readonly string[]): readonly (readonly [string, number])[] =>
    types.flatMap((type) => {
      const price = instanceInTable(type, region);
      return price === undefined ? [] : [[type, price.perHour] as const];
    });
  const shares = (hour: number) =>
    Object.fromEntries(
      Object.entries(SPOT_SHARES).map(([zone, share]) => [`${region}${zone}`, hour * share]),
    );
  return {
    asked,
    refused,
    sizes,
    priceList: {
      instances: async (types) => ask("instances", Object.fromEntries(hours(types))),
      lambda: async () => ask("lambda", LAMBDA),
    },
    spotMarket: {
      prices: async (types) =>
        ask("prices", Object.fromEntries(hours(types).map(([type, hour]) => [type, shares(hour)]))),
      zones: async (ids) => ask("zones", Object.fromEntries(ids.map((id) => [id, zoneOf(region, id)]))),
    },
    functionSizes: {
      size: async (arn) => ask("size", sizes.has(arn) ? sizes.get(arn) : size),
    },
  };
};

/** Where the fakes' deployment is. */
export const FAKE_REGION = "eu-west-1";

/** Has the shipped rule keep the fake's prices, as its schedule does. Returns the fake. */
export const keepFakePrices = async (
  dependencies: Pick<Dependencies, "ledger" | "clock" | "mappings">,
  routing: RoutingSettings,
  subnetIds: readonly string[] = ["subnet-1", "subnet-2"],
  size?: FunctionSize,
): Promise<FakePrices> => {
  const prices = fakePrices(FAKE_REGION, size);
  await keepPrices({ ...dependencies, ...prices }, { ...routing, region: FAKE_REGION, subnetIds });
  return prices;
};
