import { vcpusOf } from "../../../../Core/account/vcpus";
import type { AccountQuotas } from "./account";

export interface CountedLaunch {
  readonly boughtAs: "spot" | "on-demand";
  readonly vcpus: number;
}

type Ec2Limits = Pick<AccountQuotas, "onDemandVcpus" | "spotVcpus" | "hasSpotRole">;

/**
 * The error that an account's limits give a launch; undefined: none.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 *
 * @param running instances that count against the limits
 */
export const refusalOf = (
  { boughtAs, vcpus }: CountedLaunch,
  { onDemandVcpus, spotVcpus, hasSpotRole }: Ec2Limits,
  running: () => readonly CountedLaunch[],
): string | undefined => {
  const isSpot = boughtAs === "spot";
  if (isSpot && !hasSpotRole) return "AuthFailure.ServiceLinkedRoleCreationNotPermitted";
  const most = isSpot ? spotVcpus : onDemandVcpus;
  if (most === Number.POSITIVE_INFINITY) return undefined;
  const same = running().filter((one) => one.boughtAs === boughtAs);
  const used = same.reduce((sum, one) => sum + one.vcpus, 0);
  if (used + vcpus <= most) return undefined;
  return isSpot ? "MaxSpotInstanceCountExceeded" : "VcpuLimitExceeded";
};

/** Of the first type that a fleet asks for. */
export const vcpusOfFleet = (instanceType: string | undefined): number => vcpusOf(instanceType ?? "");
