import type { PriceRecord } from "./price-record";
import { functionInTable, instanceInTable } from "./price-table";
import { type BoughtAs, type FunctionSize, functionHour, type Price } from "./prices";

/** What is known of prices: the region, and the record that function `keep-prices` keeps there. */
export interface KnownPrices {
  readonly region: string;
  /** Absent: there is none yet, or it could not be read. */
  readonly record?: PriceRecord;
}

/** What was bought. */
export interface BoughtInstance {
  readonly instanceType: string;
  readonly boughtAs: BoughtAs;
  /** Decides the zone of a spot price. */
  readonly subnetId?: string;
}

const own = <Entry>(of: Readonly<Record<string, Entry>>, name: string): Entry | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined;

const onDemandPrice = ({ region, record }: KnownPrices, instanceType: string): Price | undefined => {
  const list = record?.list;
  const perHour = list && own(list.instances, instanceType);
  return list === undefined || perHour === undefined
    ? instanceInTable(instanceType, region)
    : { perHour, source: "price-list", asOf: list.at };
};

const spotPrice = (
  { record }: KnownPrices,
  { instanceType, subnetId }: BoughtInstance,
): Price | undefined => {
  const { spot, zones = {} } = record ?? {};
  const zone = subnetId === undefined ? undefined : own(zones, subnetId);
  const byZone = spot && own(spot.instances, instanceType);
  const perHour = byZone === undefined || zone === undefined ? undefined : own(byZone, zone);
  return perHour === undefined ? undefined : { perHour, source: "spot-history", asOf: spot?.at ?? 0 };
};

/** An instance's price, without its disk and address. Undefined: unknown. A spot price is never guessed. */
export const instancePrice = (known: KnownPrices, bought: BoughtInstance): Price | undefined =>
  bought.boughtAs === "spot" ? spotPrice(known, bought) : onDemandPrice(known, bought.instanceType);

/** The spot prices of a type in the zones that are known, in no particular order. */
export const spotPricesOf = ({ record }: KnownPrices, instanceType: string): readonly number[] =>
  Object.values(own(record?.spot?.instances ?? {}, instanceType) ?? {});

/** A function's price by its size. Undefined: what its region asks is not known. */
export const sizePrice = ({ region, record }: KnownPrices, size: FunctionSize): Price | undefined => {
  const list = record?.list;
  if (list === undefined) return functionInTable(size, region);
  const perRequest = list.lambda[size.architecture].request;
  return { perHour: functionHour(list.lambda, size), perRequest, source: "price-list", asOf: list.at };
};

/** A runner function's price, without its `/tmp`. Undefined: its size is not known, or what its region asks. */
export const functionPrice = (known: KnownPrices, functionArn: string): Price | undefined => {
  const size = own(known.record?.functions ?? {}, functionArn);
  return size && sizePrice(known, size);
};
