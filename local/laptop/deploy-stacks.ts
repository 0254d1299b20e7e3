import { builtTemplatePath, type Stack } from "../engine/build";
import { type DeployedStack, deployStack } from "../engine/deploy";
import { readTemplate } from "../engine/template-file";
import { readWebhookApi } from "../webhook-api/api-shape";
import { readSignedRoute } from "../webhook-api/signed-route";
import { apiGateway } from "./api-gateway";
import { clientSettings } from "./client-settings";
import type { LaptopOptions } from "./laptop-options";
import type { LaptopServices } from "./services";

export type Stacks = Readonly<Record<Stack, DeployedStack>>;

/** Functions that every job needs, in the order of their calls. */
const WARMED = [
  "LookUpRunnerFunction",
  "StartLambdaRunnerFunction",
  "StartEc2RunnerFunction",
  "RecordPickUpFunction",
  "FindRunnerFunction",
  "UnregisterRunnerFunction",
];

const infrastructureTemplate = (root: string, { builds }: Pick<LaptopServices, "builds">) =>
  readTemplate(builtTemplatePath(root, "Infrastructure", builds));

/** Before the deployment resources have no physical id; a route's path does not depend on one. */
const unresolved = (value: unknown): string => (typeof value === "string" ? value : "0");

const signedWebhookAddress = (root: string, services: LaptopServices): string =>
  `${services.webhookApi.url}${readSignedRoute(infrastructureTemplate(root, services), unresolved).path}`;

/** The webhook's address. Infrastructure has it as an output, so it must be known before the deployment. */
export const webhookAddress = (root: string, services: LaptopServices): string =>
  `${services.webhookApi.url}${readWebhookApi(infrastructureTemplate(root, services), unresolved).path}`;

/** Deploys the three stacks in order: each finds in Parameter Store what those before it published. */
export const deployStacks = async (
  root: string,
  services: LaptopServices,
  webhook: string,
  options: LaptopOptions,
): Promise<Stacks> => {
  const log = options.log ?? (() => undefined);
  const deploy = async (stack: Stack) => {
    const since = Date.now();
    const hostUrl = (functionId: string): string => services.host.functionUrl(stack, functionId);
    const outputs = { WebhookUrl: webhook, SignedWebhookUrl: signedWebhookAddress(root, services) };
    const settings = { hostUrl, outputs, isForAnotherEmulator: !services.aws.hasIam };
    const operator = clientSettings(services.env);
    const parameters = options.parameters?.[stack];
    const deployed = await deployStack({ root, operator, ...services }, stack, settings, parameters);
    log(`  ${stack} deployed by sam in ${((Date.now() - since) / 1_000).toFixed(1)} s`);
    if (options.isVerbose) for (const resource of deployed.dropped) log(`    not deployed: ${resource}`);
    return deployed;
  };
  const Infrastructure = await deploy("Infrastructure");
  const LambdaShellRunner = await deploy("LambdaShellRunner");
  const AutoScaler = await deploy("AutoScaler");
  return { Infrastructure, LambdaShellRunner, AutoScaler };
};

/** Opens the webhook API as deployed, and loads the functions that every job needs. */
export const openWebhookApi = (
  root: string,
  services: Pick<LaptopServices, "aws" | "builds" | "host" | "webhookApi">,
  stacks: Stacks,
): void => {
  const { resources } = stacks.Infrastructure;
  services.webhookApi.open(apiGateway(infrastructureTemplate(root, services), services, resources));
  const warm = (stack: Stack, id: string): void => {
    const name = stacks[stack].resources[id];
    if (name) void services.host.warm(stack, id, name).catch(() => undefined);
  };
  warm("Infrastructure", "AuthorizeWebhookFunction");
  for (const id of WARMED) warm("AutoScaler", id);
};
