import type {
  CreateFleetCommandInput,
  CreateFleetCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstancesCommandOutput,
  TerminateInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { AwsEc2QueryProtocol } from "@aws-sdk/core/protocols";
import { makeBuilder } from "@smithy/core/client";
import { getEndpointPlugin } from "@smithy/core/endpoints";
import type { EndpointParameterInstructions, StaticOperationSchema } from "@smithy/types";
import { AwsClient, type AwsPlace } from "../aws-client";
import { createFleet, describeInstances, terminateInstances } from "../ec2-schemas";

export type {
  CreateFleetCommandInput,
  CreateFleetCommandOutput,
  DescribeInstancesCommandInput,
  Instance as Ec2Instance,
} from "@aws-sdk/client-ec2";

/** The part of EC2's API that the product uses. Errors carry EC2's code as their name. */
export interface Ec2Api {
  createFleet(input: CreateFleetCommandInput): Promise<CreateFleetCommandOutput>;
  describeInstances(input: DescribeInstancesCommandInput): Promise<DescribeInstancesCommandOutput>;
  terminateInstances(input: TerminateInstancesCommandInput): Promise<unknown>;
}

/** CreateFleet `instant` answers when the instance is there or refused: some seconds. */
const REQUEST_TIMEOUT_MILLISECONDS = 15_000;
const CONNECTION_TIMEOUT_MILLISECONDS = 2_000;

const PARAMETERS: EndpointParameterInstructions = {
  Endpoint: { type: "builtInParams", name: "endpoint" },
  Region: { type: "builtInParams", name: "region" },
};

/** The API's version and names are those of EC2's own client. */
const EC2_SERVICE = {
  serviceId: "EC2",
  apiVersion: "2016-11-15",
  signingName: "ec2",
  protocol: AwsEc2QueryProtocol,
  protocolSettings: {
    defaultNamespace: "com.amazonaws.ec2",
    xmlNamespace: "http://ec2.amazonaws.com/doc/2016-11-15",
    version: "2016-11-15",
    errorTypeRegistries: [],
  },
};

const build = makeBuilder(PARAMETERS, "AmazonEC2", "EC2Client", getEndpointPlugin);

/**
 * An EC2 client with time-outs. Only the protocol and three actions are added to what every other client
 * brings along (see aws-client.ts, ec2-schemas.ts).
 *
 * @param maxAttempts 1 for launches: the provider repeats them itself, so that a throttled EC2 is not asked
 *   three times as often; 3 for the rest
 */
export const ec2Client = (maxAttempts: 1 | 3, slot: AwsPlace = {}): Ec2Api => {
  const client = new AwsClient(
    EC2_SERVICE,
    {
      maxAttempts,
      requestTimeout: REQUEST_TIMEOUT_MILLISECONDS,
      connectionTimeout: CONNECTION_TIMEOUT_MILLISECONDS,
    },
    slot,
  );
  const action = <Input extends object, Output>(name: string, schema: StaticOperationSchema) => {
    const Command = build({}, () => [], name, schema);
    return (input: Input): Promise<Output> => client.send(new Command(input) as never) as Promise<Output>;
  };
  return {
    createFleet: action("CreateFleet", createFleet),
    describeInstances: action("DescribeInstances", describeInstances),
    terminateInstances: action("TerminateInstances", terminateInstances),
  };
};
