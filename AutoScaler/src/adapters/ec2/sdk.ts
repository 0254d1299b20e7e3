import {
  CreateFleetCommand,
  DescribeInstancesCommand,
  EC2Client,
  type EC2ClientConfig,
  GetConsoleOutputCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CLIENT_SETTINGS } from "../client-settings";
import type { Ec2Api } from "./client";

/** CreateFleet `instant` answers once the instance is launched or refused, which takes some seconds. */
const OF_A_LAUNCH = { connectionTimeout: 2_000, requestTimeout: 15_000, throwOnRequestTimeout: true };

/**
 * Imported by `client.ts` alone.
 *
 * @param maxAttempts 1: for launches
 * @param overrides settings that replace the defaults
 */
export const ec2Sdk = (maxAttempts: 1 | 3, overrides: EC2ClientConfig = {}): Ec2Api => {
  const requestHandler = maxAttempts === 1 ? OF_A_LAUNCH : CLIENT_SETTINGS.requestHandler;
  const client = new EC2Client({ maxAttempts, requestHandler, ...overrides });
  return {
    createFleet: (input) => client.send(new CreateFleetCommand(input)),
    describeInstances: (input) => client.send(new DescribeInstancesCommand(input)),
    getConsoleOutput: (input) => client.send(new GetConsoleOutputCommand(input)),
    terminateInstances: (input) => client.send(new TerminateInstancesCommand(input)),
  };
};
