import { functionInTable, instanceInTable, TABLE_REGION } from "../../Core/pricing/price-table";
import type { Instance } from "../../local/ec2";
import { readTemplate } from "../../tests/templates/read-template";

const { MemorySizeMiB, TemporaryStorageMiB } = readTemplate("LambdaShellRunner").parameters;

/** USD a second. */
const LAMBDA_SECOND =
  (functionInTable(
    {
      memoryMiB: Number(MemorySizeMiB?.Default),
      storageMiB: Number(TemporaryStorageMiB?.Default),
      architecture: "arm64",
    },
    TABLE_REGION,
  )?.perHour ?? 0) / 3_600;

type Paid = Pick<Instance, "instanceType" | "launchedAt" | "shutDownAt">;

const instanceUsd = ({ instanceType, launchedAt, shutDownAt }: Paid, now: number): number => {
  const perHour = instanceInTable(instanceType, TABLE_REGION)?.perHour;
  if (perHour === undefined) throw new Error(`The price of ${instanceType} is not known`);
  return (perHour * ((shutDownAt ?? now) - launchedAt)) / 3_600_000;
};

/**
 * What the runners have cost, as EC2 and Lambda ran them: at the on-demand prices of the dated table, so that one run
 * compares with another.
 *
 * @param lambdaSeconds of runner functions that have ended
 * @returns USD
 */
export const spentUsd = (instances: readonly Paid[], lambdaSeconds: number, now: number): number =>
  instances.reduce((sum, instance) => sum + instanceUsd(instance, now), lambdaSeconds * LAMBDA_SECOND);
