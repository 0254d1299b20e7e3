import { DescribeSpotPriceHistoryCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CLIENT_SETTINGS } from "../client-settings";
import type { SpotApi } from "./spot-client";

/** Imported by `spot-client.ts` alone. */
export const spotSdk = (): SpotApi => {
  const client = new EC2Client(CLIENT_SETTINGS);
  return {
    describeSpotPriceHistory: (input) => client.send(new DescribeSpotPriceHistoryCommand(input)),
    describeSubnets: (input) => client.send(new DescribeSubnetsCommand(input)),
  };
};
