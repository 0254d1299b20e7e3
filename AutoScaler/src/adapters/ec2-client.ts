import { EC2Client } from "@aws-sdk/client-ec2";

/** The part of EC2's API that the product uses, from one place. */
export {
  CreateFleetCommand,
  type CreateFleetCommandInput,
  type CreateFleetCommandOutput,
  DescribeInstancesCommand,
  EC2Client,
  type Instance as Ec2Instance,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";

/** CreateFleet `instant` answers when the instance is there or refused: some seconds. */
const REQUEST_TIMEOUT_MILLISECONDS = 15_000;
const CONNECTION_TIMEOUT_MILLISECONDS = 2_000;

/**
 * An EC2 client with time-outs.
 *
 * @param maxAttempts 1 for launches: the provider repeats them itself, so that a throttled EC2 is not asked
 *   three times as often; 3 for the rest
 */
export const ec2Client = (maxAttempts: 1 | 3): EC2Client =>
  new EC2Client({
    maxAttempts,
    requestHandler: {
      requestTimeout: REQUEST_TIMEOUT_MILLISECONDS,
      connectionTimeout: CONNECTION_TIMEOUT_MILLISECONDS,
    },
  });
