import { ConfigurationError } from "../../../../Core/errors";
import { ec2Error } from "../../testing/doubles/ec2-double";
import type { SpotApi } from "./spot-client";
import { ec2SpotMarket } from "./spot-market";

const NOW = Date.UTC(2026, 10, 30, 12);
const clock = { now: () => NOW };

const price = (InstanceType: "m7g.large" | "c7g.large", zone: string, SpotPrice: string) => ({
  InstanceType,
  AvailabilityZone: zone,
  SpotPrice,
  ProductDescription: "Linux/UNIX" as const,
});

const NONE: SpotApi = {
  describeSpotPriceHistory: async () => ({ $metadata: {} }),
  describeSubnets: async () => ({ $metadata: {} }),
};

describe("the spot market", () => {
  it("has the newest price of each type and zone, over all pages", async () => {
    const asked: unknown[] = [];
    const describeSpotPriceHistory: SpotApi["describeSpotPriceHistory"] = async (input) => {
      asked.push(input);
      const first = [
        price("m7g.large", "eu-west-1a", "0.032100"),
        price("m7g.large", "eu-west-1b", "0.045100"),
      ];
      const second = [price("m7g.large", "eu-west-1a", "0.099"), price("c7g.large", "eu-west-1a", "0.0301")];
      return input.NextToken
        ? { $metadata: {}, SpotPriceHistory: second, NextToken: "" }
        : { $metadata: {}, SpotPriceHistory: first, NextToken: "more" };
    };
    const market = ec2SpotMarket({ ...NONE, describeSpotPriceHistory }, clock);
    expect(await market.prices(["m7g.large", "c7g.large"])).toEqual({
      "m7g.large": { "eu-west-1a": 0.0321, "eu-west-1b": 0.0451 },
      "c7g.large": { "eu-west-1a": 0.0301 },
    });
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual({
      InstanceTypes: ["m7g.large", "c7g.large"],
      ProductDescriptions: ["Linux/UNIX"],
      StartTime: new Date(NOW),
    });
  });

  it("leaves out what is not whole", async () => {
    const SpotPriceHistory = [
      { InstanceType: "m7g.large", SpotPrice: "0.1" } as const,
      price("m7g.large", "a", ""),
    ];
    const describeSpotPriceHistory = async () => ({ $metadata: {}, SpotPriceHistory });
    expect(await ec2SpotMarket({ ...NONE, describeSpotPriceHistory }, clock).prices(["m7g.large"])).toEqual(
      {},
    );
  });

  it("says the zone of each subnet, as far as EC2 tells both", async () => {
    const describeSubnets: SpotApi["describeSubnets"] = async ({ SubnetIds }) => ({
      $metadata: {},
      Subnets: [
        ...(SubnetIds ?? []).map((SubnetId) => ({ SubnetId, AvailabilityZone: "eu-west-1a" })),
        ...[{}, { SubnetId: "subnet-2" }, { AvailabilityZone: "eu-west-1b" }],
      ],
    });
    const market = ec2SpotMarket({ ...NONE, describeSubnets }, clock);
    expect(await market.zones(["subnet-1"])).toEqual({ "subnet-1": "eu-west-1a" });
  });

  it("is refused where the role may not ask", async () => {
    const describeSpotPriceHistory = () => Promise.reject(ec2Error("UnauthorizedOperation", 403));
    const market = ec2SpotMarket({ ...NONE, describeSpotPriceHistory }, clock);
    await expect(market.prices(["m7g.large"])).rejects.toThrow(ConfigurationError);
  });
});
