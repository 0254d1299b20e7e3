import { type InstanceSize, instanceSize } from "../account/instance-sizes";
import { instanceInTable, TABLE_REGION } from "../pricing/price-table";
import type { RoutingSettings } from "../routing/routing-settings";
import type { TagBounds } from "./bounds";
import type { RequestedRunner } from "./grammar";

type WantedSize = Pick<RequestedRunner, "cpu" | "memory">;

interface SizedType extends InstanceSize {
  readonly type: string;
  readonly price: number;
}

const sized = (type: string): readonly SizedType[] => {
  const size = instanceSize(type);
  // Prices of one region give the same order as those of another.
  const price = instanceInTable(type, TABLE_REGION)?.perHour ?? Number.POSITIVE_INFINITY;
  return size === undefined ? [] : [{ type, price, ...size }];
};

const fits = ({ vcpus, memoryGiB }: InstanceSize, { cpu = 0, memory = 0 }: WantedSize): boolean =>
  vcpus >= cpu && memoryGiB >= memory;

const isWithin = ({ vcpus, memoryGiB }: InstanceSize, bounds: TagBounds): boolean => {
  const { cpu = vcpus, memory = memoryGiB } = bounds;
  return vcpus <= cpu && memoryGiB <= memory;
};

/** Cheapest first; those of unknown price last, the smaller ones before the larger ones. */
const byPrice = (one: SizedType, other: SizedType): number => {
  if (one.price !== other.price) return one.price < other.price ? -1 : 1;
  return one.vcpus - other.vcpus || one.memoryGiB - other.memoryGiB;
};

/** Of these types the ones that have what is wanted and are within the bounds, cheapest first. None of an unknown size. */
export const fittingTypes = (
  types: readonly string[],
  wanted: WantedSize,
  bounds: TagBounds,
): readonly string[] =>
  types
    .flatMap(sized)
    .filter((each) => fits(each, wanted) && isWithin(each, bounds))
    .sort(byPrice)
    .map(({ type }) => type);

/** The most that these types have within the bounds, each on its own: for a remedy. */
export const largest = (types: readonly string[], bounds: TagBounds): InstanceSize => {
  const all = types.flatMap(sized).filter((each) => isWithin(each, bounds));
  return {
    vcpus: Math.max(0, ...all.map(({ vcpus }) => vcpus)),
    memoryGiB: Math.max(0, ...all.map(({ memoryGiB }) => memoryGiB)),
  };
};

/** Types that the stack allows and that no job gets by its size, for nobody knows theirs. */
export const unsizedTypes = ({ allowedInstanceTypes }: RoutingSettings): readonly string[] =>
  Object.values(allowedInstanceTypes)
    .flat()
    .filter((type) => instanceSize(type) === undefined);
