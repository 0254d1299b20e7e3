import type {
  DescribeSpotPriceHistoryCommandInput,
  DescribeSpotPriceHistoryCommandOutput,
  DescribeSubnetsCommandInput,
  DescribeSubnetsCommandOutput,
} from "@aws-sdk/client-ec2";
import { loadLater } from "../load-later";

/** What EC2 tells of spot prices and zones: asked by the function that keeps prices, and by no start. */
export interface SpotApi {
  describeSpotPriceHistory(
    input: DescribeSpotPriceHistoryCommandInput,
  ): Promise<DescribeSpotPriceHistoryCommandOutput>;
  describeSubnets(input: DescribeSubnetsCommandInput): Promise<DescribeSubnetsCommandOutput>;
}

/** Loaded with the first call. */
export const spotClient = (): SpotApi => {
  const api = loadLater("The EC2 client", async () => (await import("./spot-sdk")).spotSdk());
  return {
    describeSpotPriceHistory: async (input) => (await api.get()).describeSpotPriceHistory(input),
    describeSubnets: async (input) => (await api.get()).describeSubnets(input),
  };
};
