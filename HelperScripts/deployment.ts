import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { RUNNER_FUNCTION_PARAMETER } from "../Core/configuration";
import { ConfigurationError } from "../Core/errors";
import type { Home } from "../Core/routing/function-arn";
import { parseRoutingSettings, type RoutingSettings } from "../Core/routing/routing-settings";
import type { Clients } from "./context";
import { describeStack } from "./stacks/described-stack";
import { storedValues } from "./stored-parameters";

/** A stack as CloudFormation describes it. */
export interface Deployment {
  readonly stackName: string;
  readonly home: Home;
  readonly status: string;
  readonly outputs: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The stack name that a stack's samconfig.yaml gives. */
export const defaultStackName = (stackFolder: string): string => {
  const file = join(__dirname, "..", stackFolder, "samconfig.yaml");
  const match = /^\s*stack_name:\s*(\S+)/m.exec(readFileSync(file, "utf8"));
  if (match?.[1] === undefined) throw new ConfigurationError(`${file} gives no stack_name: add one`);
  return match[1];
};

/** Where it was looked for, as far as the other stacks there tell. */
const missingStack = async (
  client: Pick<CloudFormationClient, "send">,
  stackName: string,
): Promise<ConfigurationError> => {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({})).catch(() => ({ Stacks: [] }));
  const [, , , region = process.env.AWS_REGION, account] = (Stacks[0]?.StackId ?? "").split(":");
  const where = [region ?? "the profile's region", ...(account ? [`account ${account}`] : [])].join(", ");
  const ours = Stacks.flatMap(({ StackName = "" }) => (/autoscaler$/i.test(StackName) ? [StackName] : []));
  const remedy = ours.length > 0 ? `give --stack-name ${ours.join(" or ")}` : "deploy it";
  return new ConfigurationError(
    `There is no stack ${stackName} in ${where}: ${remedy}, or choose another place with --region and --profile`,
  );
};

/** @throws ConfigurationError when there is no such stack, or its deployment is not finished */
export const findDeployment = async (
  client: Pick<CloudFormationClient, "send">,
  stackName: string,
): Promise<Deployment> => {
  const stack = await describeStack(client, stackName);
  const [, , , region, account] = (stack?.id ?? "").split(":");
  if (stack === undefined || !region || !account) throw await missingStack(client, stackName);
  const { status, outputs, parameters } = stack;
  return { stackName, home: { region, account }, status, outputs, parameters };
};

/** An output that the command needs. @throws ConfigurationError when the stack lacks it */
export const output = (deployment: Deployment, name: string): string => {
  const value = deployment.outputs.get(name);
  if (value) return value;
  throw new ConfigurationError(
    `The stack ${deployment.stackName} (${deployment.status}) has no output ${name}: is it the AutoScaler stack? Deploy its newest version, or give another --stack-name`,
  );
};

export type LookUpEnvironment = Readonly<Record<string, string | undefined>>;

type SettingsClients = Pick<Clients, "lambda" | "ssm">;

/** The function that LambdaShellRunner published, as look-up reads it. */
const publishedRunner = async (
  { ssm }: SettingsClients,
  deployment: Deployment,
): Promise<string | undefined> => {
  const name = `${output(deployment, "ConfigurationPath")}/${RUNNER_FUNCTION_PARAMETER}`;
  return (await storedValues(ssm(), [name])).get(name);
};

/**
 * The environment of the function that decides which runner a job gets: the stack's parameters as they count. Where they name
 * no default runner, `DEFAULT_RUNNER_ARN` is the one that LambdaShellRunner published.
 */
export const lookUpEnvironment = async (
  clients: SettingsClients,
  deployment: Deployment,
): Promise<LookUpEnvironment> => {
  const FunctionName = output(deployment, "LookUpRunnerFunctionName");
  const answer = await clients.lambda().send(new GetFunctionConfigurationCommand({ FunctionName }));
  const variables = answer.Environment?.Variables ?? {};
  return variables.DEFAULT_RUNNER_ARN
    ? variables
    : { ...variables, DEFAULT_RUNNER_ARN: await publishedRunner(clients, deployment) };
};

export const settingsOf = (environment: LookUpEnvironment, deployment: Deployment): RoutingSettings =>
  parseRoutingSettings(environment, deployment.home);

/** The stack's routing settings. */
export const routingSettings = async (
  clients: SettingsClients,
  deployment: Deployment,
): Promise<RoutingSettings> => settingsOf(await lookUpEnvironment(clients, deployment), deployment);
