import { CloudFormationClient, paginateDescribeStacks } from "@aws-sdk/client-cloudformation";
import { clientSettings } from "./client-settings";

/** The values that an output has in the stacks that are deployed at this moment, e.g. of `LedgerTableName`. */
export type DeployedOutputs = (name: string) => readonly string[];

/** Reads the outputs of all stacks. */
export const deployedOutputs = async (env: Readonly<Record<string, string>>): Promise<DeployedOutputs> => {
  const client = new CloudFormationClient(clientSettings(env));
  const found: { readonly name: string; readonly value: string }[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
    for (const { OutputKey: name = "", OutputValue: value = "" } of Stacks.flatMap(
      ({ Outputs = [] }) => Outputs,
    ))
      found.push({ name, value });
  }
  client.destroy();
  return (name) => found.filter((output) => output.name === name).map(({ value }) => value);
};
