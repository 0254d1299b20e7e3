import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Builds, Stack } from "../../local/engine/build";
import { type DeployedStack, deployStack, STACK_NAMES } from "../../local/engine/deploy";
import { startSam } from "../../local/engine/sam";
import { writeConfiguration } from "../../local/laptop/configuration";
import { deploySettings, type Stacks } from "../../local/laptop/deploy-stacks";
import type { Laptop } from "../../local/laptop/laptop";

interface Deployment {
  /** The clone, or a copy of it, whose templates are deployed. */
  readonly root: string;
  readonly builds: Builds;
  readonly parameters: (stack: Stack) => Readonly<Record<string, string>>;
  readonly nameOf?: (stack: Stack) => string;
}

/** AutoScaler's build beside the real one, with another text in its template. Remove the folder after its deployment. */
export const changedBuild = ({ builds }: Pick<Laptop, "builds">, from: string, to: string): string => {
  const folder = join(dirname(builds.AutoScaler), `changed-${process.pid}`);
  cpSync(builds.AutoScaler, folder, { recursive: true });
  const path = join(folder, "template.yaml");
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`The template has no ${from}`);
  writeFileSync(path, text.replaceAll(from, to));
  return folder;
};

/** The optional one is left out. */
const NEEDED: readonly Stack[] = ["Infrastructure", "LambdaShellRunner", "AutoScaler"];

/** Deploys stacks with `sam deploy` on a laptop that runs. */
export const deployOn = async (
  laptop: Laptop,
  deployment: Deployment,
  which: readonly Stack[] = NEEDED,
): Promise<Partial<Record<Stack, DeployedStack>>> => {
  const sam = startSam(laptop.run, laptop.aws.samEnv);
  const stacks: Partial<Record<Stack, DeployedStack>> = {};
  try {
    for (const stack of which) {
      const settings = deploySettings(laptop, { ...deployment, sam });
      const parameters = deployment.parameters(stack);
      stacks[stack] = await deployStack(settings, stack, parameters, deployment.nameOf?.(stack));
    }
  } finally {
    sam.close();
  }
  return stacks;
};

/** What a second deployment answers differently, of what the stack asks. */
const parametersOf = (stack: Stack): Record<string, string> => ({
  ConfigurationPath: PATH,
  ...(stack === "AutoScaler" ? { EventBusName: NAMES.Infrastructure } : {}),
});

/** A deployment of its own beside the laptop's, under other names and another configuration path. */
export interface SecondDeployment {
  readonly stacks: Omit<Stacks, "MicroVmRunner">;
  readonly webhook: string;
  readonly webhookToken: string;
}

const PATH = "/second/runners";
const NAMES = {
  Infrastructure: "second-infrastructure",
  LambdaShellRunner: "second-lambda-shell-runner",
  AutoScaler: "second-autoscaler",
} as const satisfies Readonly<Partial<Record<Stack, string>>>;

/** Deploys the laptop's own builds once more. */
export const openSecondDeployment = async (laptop: Laptop, root: string): Promise<SecondDeployment> => {
  const webhookToken = "secret-of-the-second-deployment";
  const { gitlabUrl: url, standIn, builds, env } = laptop;
  await writeConfiguration(
    env,
    { url, accessToken: standIn?.accessToken ?? "", webhookSecret: webhookToken },
    PATH,
  );
  const stacks = (await deployOn(laptop, {
    root,
    builds,
    nameOf: (stack) => ({ ...STACK_NAMES, ...NAMES })[stack],
    parameters: parametersOf,
  })) as SecondDeployment["stacks"];
  return { stacks, webhook: stacks.Infrastructure.outputs.WebhookUrl ?? "", webhookToken };
};
