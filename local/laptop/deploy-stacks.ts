import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { Stack } from "../engine/build";
import { type DeployedStack, type DeploySettings, deployStack } from "../engine/deploy";
import { clientSettings } from "./client-settings";
import type { LaptopOptions } from "./laptop-options";
import type { LaptopServices } from "./services";

export type Stacks = Readonly<Record<Stack, DeployedStack>>;

/** Functions that every job needs, in the order of their calls. */
const WARMED = [
  "LookUpRunnerFunction",
  "StartLambdaRunnerFunction",
  "StartEc2RunnerFunction",
  "StartMicroVmRunnerFunction",
  "RecordPickUpFunction",
  "FindRunnerFunction",
  "UnregisterRunnerFunction",
];

/** How stacks are deployed beside the services, with a SAM CLI that runs already. */
export const deploySettings = (
  services: Pick<LaptopServices, "aws" | "env" | "host" | "webhookApi">,
  given: Pick<DeploySettings, "root" | "sam" | "builds">,
): DeploySettings => ({
  ...given,
  operator: clientSettings(services.env),
  ...(services.aws.hasIam
    ? {}
    : { emulator: { hostUrl: services.host.url, apiOrigin: services.webhookApi.url } }),
});

/**
 * Deploys the stacks in order: each finds in Parameter Store what those before it published.
 *
 * @param uploadCode puts what MicroVMs' images are built from into a bucket, and gives its key
 */
export const deployStacks = async (
  settings: DeploySettings,
  options: LaptopOptions,
  uploadCode: (bucket: string) => Promise<string>,
): Promise<Stacks> => {
  const log = options.log ?? (() => undefined);
  const deploy = async (stack: Stack, own: Readonly<Record<string, string>> = {}) => {
    const since = Date.now();
    const deployed = await deployStack(settings, stack, { ...own, ...options.parameters?.[stack] });
    log(`  ${stack} deployed by sam in ${((Date.now() - since) / 1_000).toFixed(1)} s`);
    return deployed;
  };
  const Infrastructure = await deploy("Infrastructure");
  const LambdaShellRunner = await deploy("LambdaShellRunner");
  const CodeKey = await uploadCode(Infrastructure.outputs.CacheBucketName ?? "");
  const MicroVmRunner = await deploy("MicroVmRunner", { CodeKey });
  const AutoScaler = await deploy("AutoScaler");
  return { Infrastructure, LambdaShellRunner, MicroVmRunner, AutoScaler };
};

/** What CloudFormation's event starts on AWS: the engine has none. */
export const keepPrices = async (
  { env }: Pick<LaptopServices, "env">,
  { AutoScaler }: Stacks,
): Promise<void> => {
  const FunctionName = AutoScaler.resources.KeepPricesFunction;
  const client = new LambdaClient(clientSettings(env));
  const Payload = new TextEncoder().encode("{}");
  await client.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload }));
  client.destroy();
};

/** Loads the functions that every job needs. */
export const warmFunctions = (
  { host }: Pick<LaptopServices, "host">,
  { Infrastructure, AutoScaler }: Stacks,
): void => {
  const names = [
    Infrastructure.resources.AuthorizeWebhookFunction,
    ...WARMED.map((id) => AutoScaler.resources[id]),
  ];
  for (const name of names) if (name) void host.warm(name).catch(() => undefined);
};
