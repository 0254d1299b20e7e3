import {
  CreateFleetCommand,
  DescribeInstancesCommand,
  EC2Client,
  type EC2ClientConfig,
  GetConsoleOutputCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { Ec2Api } from "./client";

/** CreateFleet `instant` answers once the instance is launched or refused, which takes some seconds. */
const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 15_000, throwOnRequestTimeout: true };

/**
 * Imported by `client.ts` alone.
 *
 * @param overrides settings that replace the defaults
 */
export const ec2Sdk = (maxAttempts: number, overrides: EC2ClientConfig = {}): Ec2Api => {
  const client = new EC2Client({ maxAttempts, requestHandler: TIMEOUTS, ...overrides });
  return {
    createFleet: (input) => client.send(new CreateFleetCommand(input)),
    describeInstances: (input) => client.send(new DescribeInstancesCommand(input)),
    getConsoleOutput: (input) => client.send(new GetConsoleOutputCommand(input)),
    terminateInstances: (input) => client.send(new TerminateInstancesCommand(input)),
  };
};
