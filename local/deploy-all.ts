import { builtTemplatePath, type Stack } from "./engine/build";
import { type DeployedStack, deployStack } from "./engine/deploy";
import { readTemplate } from "./engine/template-file";
import { readWebhookApi, resolver } from "./front-door/api";
import { readSignedRoute, signedRoute } from "./front-door/signed-route";
import type { LaptopOptions } from "./laptop-options";
import type { Parts } from "./parts";

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

const infrastructureTemplate = (root: string, { builds }: Parts) =>
  readTemplate(builtTemplatePath(root, "Infrastructure", builds));

/** What a route's path does not depend on has no value before the deployment. */
const unresolved = (value: unknown): string => (typeof value === "string" ? value : "0");

const signedWebhookAddress = (root: string, parts: Parts): string =>
  `${parts.frontDoor.url}${readSignedRoute(infrastructureTemplate(root, parts), unresolved).path}`;

/** The hook's address at the front door: known before Infrastructure is deployed, for its output tells it. */
export const webhookAddress = (root: string, parts: Parts): string =>
  `${parts.frontDoor.url}${readWebhookApi(infrastructureTemplate(root, parts), unresolved).path}`;

/** Deploys the three stacks in the design's order, each with what the one before it gives. */
export const deployAll = async (
  root: string,
  parts: Parts,
  webhook: string,
  options: LaptopOptions,
): Promise<Stacks> => {
  const log = options.log ?? (() => undefined);
  const deploy = async (stack: Stack, parameters: Readonly<Record<string, string>> = {}) => {
    const since = Date.now();
    const hostUrl = (functionId: string): string => parts.host.functionUrl(stack, functionId);
    const outputs = { WebhookUrl: webhook, SignedWebhookUrl: signedWebhookAddress(root, parts) };
    const settings = { hostUrl, outputs };
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

/** Lets hooks in, by the deployed API's shape, and loads what every job needs. */
export const openDoors = (root: string, parts: Parts, stacks: Stacks): void => {
  const template = infrastructureTemplate(root, parts);
  const { resources } = stacks.Infrastructure;
  const resolve = resolver(template, resources);
  const api = readWebhookApi(template, resolve);
  const functionId = api.authorizerFunctionId;
  const name = resources[functionId] ?? "";
  const call = (id: string) => (event: unknown) =>
    parts.host.call("Infrastructure", id, resources[id] ?? "", event);
  const shape = readSignedRoute(template, resolve);
  parts.frontDoor.open(api, call(functionId), signedRoute(shape, call(shape.functionId), Date.now));
  void parts.host.warm("Infrastructure", functionId, name).catch(() => undefined);
  for (const id of WARMED) {
    const functionName = stacks.AutoScaler.resources[id];
    if (functionName) void parts.host.warm("AutoScaler", id, functionName).catch(() => undefined);
  }
};
