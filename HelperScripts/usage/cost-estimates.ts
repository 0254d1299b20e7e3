import { providerInKey } from "../../Core/model/runner-class";
import { type Estimates, estimatesOf, estimatesTogether } from "../../Core/pricing/estimates";
import type { UsageNumbers } from "../../Core/usage/usage-reader";

/** Of a class and market: what all its runners used, as one that ran as long as they did together. */
const ofGroup = (
  group: string,
  { runners = 0, seconds = 0, diskGiBSeconds = 0, environmentGb = 0 }: UsageNumbers,
): Estimates => {
  const provider = providerInKey(group) ?? "LAMBDA";
  const diskGiB = seconds > 0 ? diskGiBSeconds / seconds : 0;
  const one = estimatesOf({ provider, ran: seconds * 1_000, diskGiB, environmentGb });
  return { ...one, logs: one.logs * runners, controlPlane: one.controlPlane * runners };
};

/**
 * What runners used besides themselves, in USD: estimated, and in no sum. A function's `/tmp` beyond what is free is not in it, nor
 * what goes through a NAT gateway: nobody counts them.
 */
export const estimatesIn = (
  groups: readonly (readonly [group: string, numbers: UsageNumbers])[],
): Estimates => estimatesTogether(groups.map(([group, numbers]) => ofGroup(group, numbers)));
