import { vcpusOf } from "./vcpus";

/**
 * What the instance types of a family have, as AWS's pages showed it on this day. A type that is not here has no known size,
 * and no job gets it by its size: nothing is guessed.
 *
 * https://aws.amazon.com/ec2/instance-types/ and https://docs.aws.amazon.com/ec2/latest/instancetypes/
 */
export const SIZES_AS_OF = "2026-11-30";

/** GiB of memory for each vCPU, by family. */
const GIB_PER_VCPU: ReadonlyMap<string, number> = new Map(
  Object.entries({
    2: "c5 c5a c5ad c5d c6a c6g c6gd c6gn c6i c6id c6in c7a c7g c7gd c7gn c7i c7i-flex c8g c8gd c8gn c8i c8i-flex",
    4: "m5 m5a m5ad m5d m5dn m5n m6a m6g m6gd m6i m6id m6idn m6in m7a m7g m7gd m7i m7i-flex m8g m8gd m8i m8i-flex",
    8: "r5 r5a r5ad r5b r5d r5dn r5n r6a r6g r6gd r6i r6id r6idn r6in r7a r7g r7gd r7i r8g r8gd r8i r8i-flex",
  }).flatMap(([gib, families]) => families.split(" ").map((family) => [family, Number(gib)] as const)),
);

/** GiB of memory of burstable types, which are the same in all of these families. */
const BURSTABLE_FAMILIES = ["t3", "t3a", "t4g"];
const BURSTABLE_GIB: ReadonlyMap<string, number> = new Map([
  ["nano", 0.5],
  ["micro", 1],
  ["small", 2],
  ["medium", 4],
  ["large", 8],
  ["xlarge", 16],
  ["2xlarge", 32],
]);

export interface InstanceSize {
  readonly vcpus: number;
  readonly memoryGiB: number;
}

const memoryOf = (family: string, size: string, vcpus: number): number | undefined => {
  if (BURSTABLE_FAMILIES.includes(family)) return BURSTABLE_GIB.get(size);
  const ratio = GIB_PER_VCPU.get(family);
  return ratio === undefined ? undefined : ratio * vcpus;
};

/** The size of an instance type, e.g. 4 vCPUs and 16 GiB of `m7g.xlarge`; undefined: the table does not know it. */
export const instanceSize = (instanceType: string): InstanceSize | undefined => {
  const [family = "", size = ""] = instanceType.split(".");
  const vcpus = vcpusOf(instanceType);
  const memoryGiB = vcpus > 0 ? memoryOf(family, size, vcpus) : undefined;
  return memoryGiB === undefined ? undefined : { vcpus, memoryGiB };
};
