import { instanceInTable } from "../../../Core/pricing/price-table";
import { type QueryNode, textsAt } from "./query-form";
import type { XmlValue } from "./xml";

/** The laptop has no market. A spot instance costs a fixed share of the dated table's price, another one in each zone. */
const SHARES: readonly (readonly [zone: string, share: number])[] = [
  ["a", 0.4],
  ["b", 0.45],
  ["c", 0.5],
];

const DIGITS = 6;

/** The spot prices of now, of the types that the dated table has. */
export const describeSpotPriceHistory = (request: QueryNode, region: string, now: number): XmlValue => ({
  spotPriceHistorySet: textsAt(request, "InstanceType").flatMap((instanceType) => {
    const price = instanceInTable(instanceType, region);
    if (price === undefined) return [];
    return SHARES.map(([zone, share]) => ({
      instanceType,
      productDescription: "Linux/UNIX",
      spotPrice: (price.perHour * share).toFixed(DIGITS),
      timestamp: new Date(now).toISOString(),
      availabilityZone: `${region}${zone}`,
    }));
  }),
});
