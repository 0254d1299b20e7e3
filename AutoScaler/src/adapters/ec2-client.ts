import type {
  CreateFleetCommandInput,
  CreateFleetCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstancesCommandOutput,
  TerminateInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";
import { AwsEc2QueryProtocol } from "@aws-sdk/core/protocols";
import { makeBuilder } from "@smithy/core/client";
import { getEndpointPlugin } from "@smithy/core/endpoints";
import type { EndpointParameterInstructions, StaticOperationSchema } from "@smithy/types";
import { createFleet, describeInstances, terminateInstances } from "./ec2-schemas";

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

const suffixOf = (region: string): string =>
  region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";

/** What makes the SDK's generic client one of EC2's. The API's version and names are those of its own client. */
const EC2_SERVICE = {
  serviceId: "EC2",
  signingName: "ec2",
  apiVersion: "2016-11-15",
  protocol: AwsEc2QueryProtocol,
  protocolSettings: {
    defaultNamespace: "com.amazonaws.ec2",
    xmlNamespace: "http://ec2.amazonaws.com/doc/2016-11-15",
    version: "2016-11-15",
    errorTypeRegistries: [],
  },
  endpointProvider: ({ Endpoint, Region }: { Endpoint?: string; Region?: string }) => ({
    url: new URL(Endpoint ?? `https://ec2.${Region}.${suffixOf(Region ?? "")}`),
  }),
  httpAuthSchemeProvider: ({ region }: { region?: string }) => [
    {
      schemeId: "aws.auth#sigv4",
      signingProperties: { name: "ec2", region },
      propertiesExtractor: (config: object, context: object) => ({ signingProperties: { config, context } }),
    },
  ],
};

const build = makeBuilder(PARAMETERS, "AmazonEC2", "EC2Client", getEndpointPlugin);

/**
 * An EC2 client with time-outs, made of the machinery that Parameter Store's client brings along anyway:
 * credentials, signing, retries, connections. Only the protocol and three actions are added (see ec2-schemas.ts).
 *
 * @param maxAttempts 1 for launches: the provider repeats them itself, so that a throttled EC2 is not asked
 *   three times as often; 3 for the rest
 */
export const ec2Client = (maxAttempts: 1 | 3, config: SSMClientConfig = {}): Ec2Api => {
  const client = new SSMClient({
    maxAttempts,
    requestHandler: {
      requestTimeout: REQUEST_TIMEOUT_MILLISECONDS,
      connectionTimeout: CONNECTION_TIMEOUT_MILLISECONDS,
      throwOnRequestTimeout: true,
    },
    ...config,
    ...(EC2_SERVICE as unknown as SSMClientConfig),
  });
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
