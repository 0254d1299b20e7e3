import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeEventBusCommand } from "@aws-sdk/client-eventbridge";
import { ConfigurationError } from "../../Core/errors";
import { ARCHITECTURES, type Architecture } from "../../Core/model/runner-class";
import { costAtRest, type RestCost } from "../../Core/pricing/rest-prices";
import type { Context } from "../context";
import { findDeployment } from "../deployment";
import { operatorGitLab } from "../gitlab/operator-gitlab";
import { type WebhookRights, webhookRights } from "../gitlab/served-owners";
import type { StackFolder } from "../stacks/build-stacks";
import { type RestingStack, restingStack } from "../stacks/resting-stack";
import { chooseImage, type RunnerImage } from "../stacks/runner-image";
import { type StackState, stackState } from "../stacks/stack-state";
import { CLONE } from "./answers/kept-answers";
import type { DeploymentNames } from "./names";
import type { DeployOrder } from "./questions";

/** What will be done, before anybody is asked. */
export interface DeployPlan {
  /** AWS account; undefined: AWS does not tell. */
  readonly account?: string | undefined;
  readonly image: RunnerImage;
  /** Whether MicroVmRunner is deployed, or is to be. */
  readonly hasMicroVms: boolean;
  /** By the stack's name, those that are there already. */
  readonly stacks: ReadonlyMap<string, StackState>;
  readonly rights: WebhookRights;
  readonly costs: readonly RestCost[];
}

/** The default bus is in every account, and its ARN has the account. */
const accountOf = async ({ clients }: Context): Promise<string | undefined> => {
  try {
    const { Arn } = await clients.eventBridge().send(new DescribeEventBusCommand({}));
    return Arn?.split(":")[4];
  } catch (error) {
    if (error instanceof Error && /AccessDenied|NotAuthorized/.test(error.name)) return undefined;
    throw error;
  }
};

/** Reading a template of thousands of lines takes half a second, and none changes while a program runs. */
const resting = new Map<StackFolder, RestingStack>();
const restingOf = (folder: StackFolder): RestingStack => {
  const known =
    resting.get(folder) ?? restingStack(readFileSync(join(CLONE, folder, "template.yaml"), "utf8"));
  resting.set(folder, known);
  return known;
};

const costsOf = (hasLambdaRunner: boolean, hasMicroVms: boolean): readonly RestCost[] => {
  const folders: readonly StackFolder[] = [
    "Infrastructure",
    ...(hasLambdaRunner ? (["LambdaShellRunner"] as const) : []),
    ...(hasMicroVms ? (["MicroVmRunner"] as const) : []),
    "AutoScaler",
  ];
  const stacks = folders.map(restingOf);
  return costAtRest({
    alarms: stacks.reduce((sum, { alarms }) => sum + alarms, 0),
    dashboards: stacks.reduce((sum, { dashboards }) => sum + dashboards, 0),
    scheduled: stacks.flatMap(({ scheduled }) => scheduled),
    hasRunnerImage: hasLambdaRunner,
    natGateways: 0,
  });
};

const deployedArchitecture = async (context: Context, name: string): Promise<Architecture | undefined> => {
  const { parameters } = await findDeployment(context.clients.cloudFormation(), name);
  return ARCHITECTURES.find((each) => each === parameters.get("Architecture"));
};

/** A deployment that was made by hand may be under another path, which a change of this parameter would cut it off from. */
const checkPath = async (
  context: Context,
  { infrastructure, configurationPath }: DeploymentNames,
): Promise<void> => {
  const deployed = (await findDeployment(context.clients.cloudFormation(), infrastructure)).outputs.get(
    "ConfigurationPath",
  );
  if (deployed === undefined || deployed === configurationPath) return;
  throw new ConfigurationError(
    `${infrastructure} is deployed under the configuration path ${deployed}, and this command would put it under ${configurationPath}: go on with sam deploy, as it was made, or give another --name`,
  );
};

/** Looks at the account, at GitLab and at what can be built here. Changes nothing. */
export const planDeployment = async ({
  context,
  names,
  answers,
  account,
  owners,
}: DeployOrder): Promise<DeployPlan> => {
  const client = context.clients.cloudFormation();
  const stacks = new Map<string, StackState>();
  for (const name of [names.infrastructure, names.lambdaShellRunner, names.microVmRunner, names.autoScaler]) {
    const state = await stackState(client, name);
    if (state !== undefined) stacks.set(name, state);
  }
  if (/^(CREATE|UPDATE)_COMPLETE/.test(stacks.get(names.infrastructure)?.status ?? ""))
    await checkPath(context, names);
  const hasFunction = stacks.has(names.lambdaShellRunner);
  const architecture = hasFunction ? await deployedArchitecture(context, names.lambdaShellRunner) : undefined;
  const image = await chooseImage(context, answers.imageUri, architecture);
  const gitLab = operatorGitLab(context.fetch, account.url, account.setupToken ?? account.accessToken);
  const { microVm } = answers;
  const hasMicroVms = microVm === undefined ? stacks.has(names.microVmRunner) : microVm.length > 0;
  return {
    account: await accountOf(context),
    image,
    hasMicroVms,
    stacks,
    rights: await webhookRights(gitLab, owners),
    costs: costsOf(image.kind !== "none" || hasFunction, hasMicroVms),
  };
};
