import { builtTemplatePath, type Stack } from "../engine/build";
import { type DeployedStack, deployStack } from "../engine/deploy";
import { readTemplate } from "../engine/template-file";
import { readWebhookApi, resolver } from "../webhook-api/api-shape";
import type { LaptopOptions } from "./laptop-options";
import type { LaptopServices } from "./services";

export type Stacks = Readonly<Record<Stack, DeployedStack>>;

/** On every job's path, in the order in which it needs them. */
const WARMED = [
  "LookUpRunnerFunction",
  "StartLambdaRunnerFunction",
  "StartEc2RunnerFunction",
  "RecordPickUpFunction",
  "FindRunnerFunction",
  "UnregisterRunnerFunction",
];

const infrastructureTemplate = (root: string, { builds }: LaptopServices) =>
  readTemplate(builtTemplatePath(root, "Infrastructure", builds));

/** The webhook's address at the front door: known before Infrastructure is deployed, for its output tells it. */
export const webhookAddress = (root: string, parts: LaptopServices): string => {
  // What the route's path does not depend on has no value yet.
  const unresolved = (value: unknown): string => (typeof value === "string" ? value : "0");
  return `${parts.webhookApi.url}${readWebhookApi(infrastructureTemplate(root, parts), unresolved).path}`;
};

/** Deploys the three stacks in the design's order, each with what the one before it gives. */
export const deployStacks = async (
  root: string,
  parts: LaptopServices,
  webhook: string,
  options: LaptopOptions,
): Promise<Stacks> => {
  const log = options.log ?? (() => undefined);
  const deploy = async (stack: Stack, parameters: Readonly<Record<string, string>> = {}) => {
    const since = Date.now();
    const hostUrl = (functionId: string): string => parts.host.functionUrl(stack, functionId);
    const settings = { hostUrl, outputs: { WebhookUrl: webhook } };
    const all = { ...parameters, ...options.parameters?.[stack] };
    const deployed = await deployStack({ root, ...parts }, stack, settings, all);
    log(`  ${stack} deployed by sam in ${((Date.now() - since) / 1_000).toFixed(1)} s`);
    if (options.isVerbose) for (const left of deployed.dropped) log(`    left out of the copy: ${left}`);
    return deployed;
  };
  const Infrastructure = await deploy("Infrastructure");
  const LambdaShellRunner = await deploy("LambdaShellRunner");
  const DefaultRunnerArn = LambdaShellRunner.outputs.FunctionArn ?? "";
  const AutoScaler = await deploy("AutoScaler", { DefaultRunnerArn });
  return { Infrastructure, LambdaShellRunner, AutoScaler };
};

/** Lets webhooks in, by the deployed API's shape, and loads what every job needs. */
export const openWebhookApi = (root: string, parts: LaptopServices, stacks: Stacks): void => {
  const template = infrastructureTemplate(root, parts);
  const { resources } = stacks.Infrastructure;
  const api = readWebhookApi(template, resolver(template, resources));
  const functionId = api.authorizerFunctionId;
  const name = resources[functionId] ?? "";
  parts.webhookApi.open(api, (event) => parts.host.call("Infrastructure", functionId, name, event));
  void parts.host.warm("Infrastructure", functionId, name).catch(() => undefined);
  for (const id of WARMED) {
    const functionName = stacks.AutoScaler.resources[id];
    if (functionName) void parts.host.warm("AutoScaler", id, functionName).catch(() => undefined);
  }
};
