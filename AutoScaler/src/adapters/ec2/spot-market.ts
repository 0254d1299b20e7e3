import type { DescribeSpotPriceHistoryCommandInput, SpotPrice } from "@aws-sdk/client-ec2";
import type { Clock, SpotMarket } from "../../ports";
import { callEc2 } from "./errors";
import type { SpotApi } from "./spot-client";

/** A price of a type in a zone. */
type Told = readonly [instanceType: string, zone: string, price: number];

const toldBy = ({ InstanceType, AvailabilityZone, SpotPrice: price }: SpotPrice): readonly Told[] => {
  const isWhole = InstanceType !== undefined && AvailabilityZone !== undefined && Number(price) > 0;
  return isWhole ? [[InstanceType, AvailabilityZone, Number(price)]] : [];
};

/** The newest first, as EC2 gives them: a later one of the same type and zone is older. */
const byType = (prices: readonly Told[]): Readonly<Record<string, Record<string, number>>> => {
  const found: Record<string, Record<string, number>> = {};
  for (const [type, zone, price] of prices) found[type] = { [zone]: price, ...found[type] };
  return found;
};

/**
 * Spot prices as EC2's history has them. With a start that is now it gives the prices of now.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html
 */
export const ec2SpotMarket = (client: SpotApi, clock: Pick<Clock, "now">): SpotMarket => {
  const history = async (instanceTypes: readonly string[]): Promise<readonly Told[]> => {
    const told: Told[] = [];
    let NextToken: string | undefined;
    do {
      const input: DescribeSpotPriceHistoryCommandInput = {
        // The SDK's list of types lags behind EC2's, so any name is accepted.
        InstanceTypes: instanceTypes as never,
        ProductDescriptions: ["Linux/UNIX"],
        StartTime: new Date(clock.now()),
        ...(NextToken ? { NextToken } : {}),
      };
      const answer = await callEc2("DescribeSpotPriceHistory", () => client.describeSpotPriceHistory(input));
      told.push(...(answer.SpotPriceHistory ?? []).flatMap(toldBy));
      NextToken = answer.NextToken || undefined;
    } while (NextToken !== undefined);
    return told;
  };

  return {
    prices: async (instanceTypes) => byType(await history(instanceTypes)),
    zones: async (SubnetIds) => {
      const answer = await callEc2("DescribeSubnets", () =>
        client.describeSubnets({ SubnetIds: [...SubnetIds] }),
      );
      const zones = (answer.Subnets ?? []).map(
        ({ SubnetId, AvailabilityZone }) => [SubnetId ?? "", AvailabilityZone ?? ""] as const,
      );
      return Object.fromEntries(zones.filter(([id, zone]) => id !== "" && zone !== ""));
    },
  };
};
