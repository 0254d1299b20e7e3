import type {
  CreateFleetCommandInput,
  CreateFleetCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstancesCommandOutput,
  GetConsoleOutputCommandInput,
  GetConsoleOutputCommandOutput,
  TerminateInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { loadLater } from "../load-later";

export type {
  CreateFleetCommandInput,
  CreateFleetCommandOutput,
  DescribeInstancesCommandInput,
  Instance as Ec2Instance,
} from "@aws-sdk/client-ec2";

/** The part of EC2's API that the product uses. Errors have EC2's code as their name. */
export interface Ec2Api {
  createFleet(input: CreateFleetCommandInput): Promise<CreateFleetCommandOutput>;
  describeInstances(input: DescribeInstancesCommandInput): Promise<DescribeInstancesCommandOutput>;
  terminateInstances(input: TerminateInstancesCommandInput): Promise<unknown>;
  getConsoleOutput(input: GetConsoleOutputCommandInput): Promise<GetConsoleOutputCommandOutput>;
}

/**
 * EC2's client. Its package describes 700 actions and takes about 50 ms to load, more than the rest of a
 * function. It is therefore loaded with the first call, or by `load`.
 *
 * @param maxAttempts 1 for launches: the provider repeats them itself, so that a throttled EC2 does not get
 *   three times the calls; 3 for the rest
 */
export const ec2Client = (maxAttempts: 1 | 3): Ec2Api & { readonly load: () => void } => {
  const api = loadLater("The EC2 client", async () => (await import("./sdk")).ec2Sdk(maxAttempts));
  return {
    load: api.begin,
    createFleet: async (input) => (await api.get()).createFleet(input),
    describeInstances: async (input) => (await api.get()).describeInstances(input),
    terminateInstances: async (input) => (await api.get()).terminateInstances(input),
    getConsoleOutput: async (input) => (await api.get()).getConsoleOutput(input),
  };
};
