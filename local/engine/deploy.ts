import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from "@aws-sdk/client-cloudformation";
import type { ClientSettings } from "../laptop/client-settings";
import { type Builds, builtTemplatePath, type Stack } from "./build";
import { copyForEmulator, type EmulatorCopy, withImage } from "./deployed-copy";
import { IMAGE_URI } from "./ministack";
import type { Sam } from "./sam";
import { readTemplate } from "./template-file";

/** The default stack names in each stack's samconfig.yaml. */
export const STACK_NAMES: Readonly<Record<Stack, string>> = {
  Infrastructure: "gitlab-runners-infrastructure",
  LambdaShellRunner: "gitlab-runners-lambda-shell-runner",
  MicroVmRunner: "gitlab-runners-microvm-runner",
  AutoScaler: "gitlab-runners-autoscaler",
};

export interface DeployedStack {
  readonly name: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Logical id → physical id. */
  readonly resources: Readonly<Record<string, string>>;
}

const readOutputs = async (
  cloudFormation: CloudFormationClient,
  name: string,
): Promise<Record<string, string>> => {
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
  const outputs = Stacks?.[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
};

const readResources = async (
  cloudFormation: CloudFormationClient,
  name: string,
): Promise<Record<string, string>> => {
  const found: Record<string, string> = {};
  let token: string | undefined;
  do {
    const page = await cloudFormation.send(
      new ListStackResourcesCommand({ StackName: name, NextToken: token }),
    );
    for (const { LogicalResourceId = "", PhysicalResourceId = "" } of page.StackResourceSummaries ?? []) {
      found[LogicalResourceId] = PhysicalResourceId;
    }
    token = page.NextToken;
  } while (token);
  return found;
};

const deployArguments = (
  templatePath: string,
  name: string,
  parameters: Readonly<Record<string, string>>,
): string[] => {
  const overrides = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return [
    ...[
      "deploy",
      "--template-file",
      templatePath,
      "--stack-name",
      name,
      "--no-confirm-changeset",
      "--no-progressbar",
    ],
    ...[
      "--capabilities",
      "CAPABILITY_IAM",
      "CAPABILITY_AUTO_EXPAND",
      "--resolve-s3",
      "--no-fail-on-empty-changeset",
    ],
    // Required for a template with an Image function, even when its image is not built here.
    ...["--image-repository", IMAGE_URI.replace(/:\w+$/, "")],
    ...(overrides.length > 0 ? ["--parameter-overrides", ...overrides] : []),
  ];
};

/** What stacks are deployed with. */
export interface DeploySettings {
  /** The clone, or a copy of it. */
  readonly root: string;
  readonly operator: ClientSettings;
  readonly sam: Sam;
  readonly builds: Builds;
  /** Given with another emulator than the laptop's own. */
  readonly emulator?: EmulatorCopy;
}

const IMAGE_STACK: Stack = "LambdaShellRunner";

/**
 * The template as it is built. An image is not: its template names the laptop's, in a copy next to the builds, since a
 * built template's paths are relative to it. Another emulator gets a copy of each.
 */
const withTemplate = async (
  { root, builds, emulator }: DeploySettings,
  stack: Stack,
  use: (path: string) => Promise<void>,
): Promise<void> => {
  const built = builtTemplatePath(root, stack, builds);
  if (stack !== IMAGE_STACK && emulator === undefined) return use(built);
  const template = withImage(readTemplate(built), IMAGE_URI);
  const copy = emulator ? copyForEmulator(template, emulator) : template;
  const path = join(builds[stack], `.deployed-${process.pid}.json`);
  writeFileSync(path, JSON.stringify(copy, undefined, 2));
  await use(path).finally(() => rmSync(path, { force: true }));
};

/**
 * Deploys one built stack with `sam deploy`.
 *
 * @param parameters values that differ from the template's defaults
 * @param name the stack's name; by default that in its samconfig.yaml
 */
export const deployStack = async (
  settings: DeploySettings,
  stack: Stack,
  parameters: Readonly<Record<string, string>> = {},
  name: string = STACK_NAMES[stack],
): Promise<DeployedStack> => {
  const { sam, builds, operator } = settings;
  await withTemplate(settings, stack, (path) =>
    sam.run(deployArguments(path, name, parameters), builds[stack]),
  );
  const cloudFormation = new CloudFormationClient(operator);
  const outputs = await readOutputs(cloudFormation, name);
  const resources = await readResources(cloudFormation, name);
  cloudFormation.destroy();
  return { name, outputs, resources };
};
