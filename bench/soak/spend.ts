import { functionPricePerHour, instancePricePerHour, PRICES_REGION } from "../../Core/pricing/prices";
import type { Instance } from "../../local/ec2";
import { readTemplate } from "../../tests/templates/read-template";

const { MemorySizeMiB, TemporaryStorageMiB } = readTemplate("LambdaShellRunner").parameters;

/** USD a second. */
const LAMBDA_SECOND =
  (functionPricePerHour(
    {
      memoryMiB: Number(MemorySizeMiB?.Default),
      storageMiB: Number(TemporaryStorageMiB?.Default),
      architecture: "arm64",
    },
    PRICES_REGION,
  ) ?? 0) / 3_600;

type Paid = Pick<Instance, "instanceType" | "launchedAt" | "shutDownAt">;

const instanceUsd = ({ instanceType, launchedAt, shutDownAt }: Paid, now: number): number => {
  const perHour = instancePricePerHour(instanceType, "on-demand", PRICES_REGION);
  if (perHour === undefined) throw new Error(`The price of ${instanceType} is not known`);
  return (perHour * ((shutDownAt ?? now) - launchedAt)) / 3_600_000;
};

/**
 * What the runners have cost, as EC2 and Lambda ran them. The laptop's region has no prices, and spot has none
 * anywhere: these are the on-demand prices of the region that the table is for.
 *
 * @param lambdaSeconds of runner functions that have ended
 * @returns USD
 */
export const spentUsd = (instances: readonly Paid[], lambdaSeconds: number, now: number): number =>
  instances.reduce((sum, instance) => sum + instanceUsd(instance, now), lambdaSeconds * LAMBDA_SECOND);
