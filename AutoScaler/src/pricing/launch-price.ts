import { defined } from "../../../Core/defined";
import type { StartedRunner } from "../../../Core/model/ledger";
import { instanceTypeOf, subnetOf } from "../../../Core/model/spot-pool";
import { functionPrice, instancePrice, type KnownPrices } from "../../../Core/pricing/known-prices";
import { microVmPrice } from "../../../Core/pricing/microvm-price";
import type { Price } from "../../../Core/pricing/prices";
import type { Launch, LaunchPrice, LaunchPrices } from "../ports";
import type { PriceMemory } from "./price-memory";

const MIB_PER_GB = 1_024;

type Launched = Extract<Launch, { kind: "launched" }>;
type PricedRunner = Pick<StartedRunner, "provider" | "order">;

const instanceOf = (known: KnownPrices, { market, pool, instanceType }: Launched): Price | undefined => {
  const type = instanceType ?? (pool === undefined ? undefined : instanceTypeOf(pool));
  if (type === undefined) return undefined;
  const subnetId = pool === undefined ? undefined : subnetOf(pool);
  const boughtAs = market === "spot" ? "spot" : "on-demand";
  return instancePrice(known, { instanceType: type, boughtAs, ...defined({ subnetId }) });
};

const priceOf = (
  known: KnownPrices,
  { provider, order }: PricedRunner,
  launch: Launched,
): Price | undefined => {
  if (provider === "LAMBDA") return functionPrice(known, order.functionArn ?? "");
  const { microVm } = order.runnerClass;
  return microVm === undefined ? instanceOf(known, launch) : microVmPrice(known.region, microVm.memoryMiB);
};

/** The environment that Lambda makes for one runner alone. */
const environmentOf = ({ record }: KnownPrices, { provider, order }: PricedRunner): number | undefined => {
  const size = provider === "LAMBDA" ? record?.functions[order.functionArn ?? ""] : undefined;
  return size?.isTenantIsolated ? size.memoryMiB / MIB_PER_GB : undefined;
};

/** What the launched runner costs: an instance by its type, market and zone, a function or a MicroVM by its own size. */
const launchPrice = (known: KnownPrices, runner: PricedRunner, launch: Launched): LaunchPrice => {
  const price = priceOf(known, runner, launch);
  return price === undefined
    ? {}
    : {
        pricePerHour: price.perHour,
        priceSource: price.source,
        ...defined({ pricePerRequest: price.perRequest, environmentGb: environmentOf(known, runner) }),
      };
};

/** Launches are priced by what this process remembers. */
export const launchPrices = (memory: Pick<PriceMemory, "known">): LaunchPrices => ({
  pricing: async (reads) => {
    const known = await memory.known(reads);
    return (runner, launch) => launchPrice(known, runner, launch);
  },
});
