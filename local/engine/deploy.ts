import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from "@aws-sdk/client-cloudformation";
import type { ClientSettings } from "../laptop/client-settings";
import { type Builds, builtTemplatePath, type Stack } from "./build";
import { type CopySettings, deployedCopy } from "./deployed-copy";
import { ACCOUNT_ID, REGION } from "./ministack";
import type { Sam } from "./sam";
import { readTemplate } from "./template-file";

/** The default stack names in each stack's samconfig.yaml. */
export const STACK_NAMES: Readonly<Record<Stack, string>> = {
  Infrastructure: "gitlab-runners-infrastructure",
  LambdaShellRunner: "gitlab-runners-lambda-shell-runner",
  AutoScaler: "gitlab-runners-autoscaler",
};

export interface DeployedStack {
  readonly name: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Logical id → physical id. */
  readonly resources: Readonly<Record<string, string>>;
  readonly dropped: readonly string[];
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
  copyPath: string,
  name: string,
  parameters: Readonly<Record<string, string>>,
): string[] => {
  const overrides = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return [
    ...[
      "deploy",
      "--template-file",
      copyPath,
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
    ...["--image-repository", `${ACCOUNT_ID}.dkr.ecr.${REGION}.amazonaws.com/laptop`],
    ...(overrides.length > 0 ? ["--parameter-overrides", ...overrides] : []),
  ];
};

/**
 * Deploys the copy of one built stack with `sam deploy`.
 *
 * @param parameters values that differ from the template's defaults
 * @param name the stack's name; by default that in its samconfig.yaml
 */
export const deployStack = async (
  at: {
    readonly root: string;
    readonly operator: ClientSettings;
    readonly sam: Sam;
    readonly builds: Builds;
  },
  stack: Stack,
  settings: CopySettings,
  parameters: Readonly<Record<string, string>> = {},
  name: string = STACK_NAMES[stack],
): Promise<DeployedStack> => {
  const copy = deployedCopy(readTemplate(builtTemplatePath(at.root, stack, at.builds)), settings);
  // Next to the build, since the built template's paths are relative to it.
  const copyPath = join(at.builds[stack], `.deployed-${process.pid}.json`);
  writeFileSync(copyPath, JSON.stringify(copy.template, undefined, 2));
  const args = deployArguments(copyPath, name, parameters);
  try {
    await at.sam.run(args, at.builds[stack]);
  } finally {
    rmSync(copyPath, { force: true });
  }
  const cloudFormation = new CloudFormationClient(at.operator);
  const outputs = await readOutputs(cloudFormation, name);
  const resources = await readResources(cloudFormation, name);
  cloudFormation.destroy();
  return { name, outputs, resources, dropped: copy.dropped };
};
