import { MICROVM_MEMORY_MIB, type MicroVmMemory } from "../../../Core/model/runner-class";
import { refuse } from "./checked-answer";

/** Sizes of MicroVMs, MiB; empty: none. */
export type MicroVmAnswer = readonly MicroVmMemory[];

/** What `yes` stands for: the size of a class that names none. */
const USUAL: MicroVmAnswer = [2_048];

const sizeOf = (value: unknown): MicroVmMemory =>
  MICROVM_MEMORY_MIB.find((size) => size === value) ??
  refuse("microVm", value, `each size is one of ${MICROVM_MEMORY_MIB.join(", ")}`);

/** `yes`, `no`, or a list of sizes. @throws UsageError */
export const checkMicroVm = (value: unknown): MicroVmAnswer => {
  if (value === "yes") return USUAL;
  if (value === "no") return [];
  if (!Array.isArray(value))
    return refuse("microVm", value, "give yes, no, or a list of sizes such as [2048]");
  return [...new Set(value.map(sizeOf))];
};

/**
 * As MicroVmRunner's template has them: AWS documents no call that tells.
 * https://docs.aws.amazon.com/general/latest/gr/lambda-service.html
 */
export const MICROVM_REGIONS: readonly string[] = [
  ...["us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "eu-north-1"],
  ...["ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2"],
];

/** @throws UsageError where the region has no MicroVMs */
export const checkMicroVmRegion = ({
  region,
  microVm,
}: {
  readonly region?: string | undefined;
  readonly microVm?: MicroVmAnswer | undefined;
}): void => {
  if (microVm === undefined || microVm.length === 0 || region === undefined) return;
  if (!MICROVM_REGIONS.includes(region))
    refuse("microVm", microVm, `${region} has no Lambda MicroVMs; these have: ${MICROVM_REGIONS.join(", ")}`);
};
