import { defined } from "../../Core/defined";
import { OperatorConfiguration } from "../configuration";
import type { Context } from "../context";
import type { DeployAnswers } from "../deploy/answers/answers";
import { networkParameters } from "../deploy/answers/network-answer";
import type { DeploymentNames } from "../deploy/names";
import { type Deployment, findDeployment, output } from "../deployment";
import type { BuiltTemplates } from "./build-stacks";
import { dashboardParameter } from "./dashboard-parameter";
import { deployStack } from "./deploy-stack";
import { uploadMicroVmCode } from "./microvm-code";
import type { RunnerImage } from "./runner-image";
import type { SamCli } from "./sam";
import { wiringOf } from "./wiring";

/** What the deployment came to. */
export interface DeployedStacks {
  readonly infrastructure: Deployment;
  readonly autoScaler: Deployment;
  /** Names of the stacks that were made or changed. */
  readonly changed: readonly string[];
}

/** What is deployed, and how. */
export interface StacksOrder {
  readonly names: DeploymentNames;
  readonly answers: DeployAnswers;
  readonly image: RunnerImage;
  readonly templates: BuiltTemplates;
}

/** GitLab's certificate authority goes into the images: it does not fit into what a start gives a MicroVM. */
const certificateOf = async (
  context: Context,
  { configurationPath }: DeploymentNames,
): Promise<string | undefined> => {
  const configuration = new OperatorConfiguration(context, configurationPath);
  return (await configuration.read(["gitLabCaCertificate"])).gitLabCaCertificate?.value;
};

/**
 * Deploys the stacks in order, each with what those before it gave. A parameter that is not given here keeps the value
 * that it has in the deployed stack.
 *
 * @throws ConfigurationError when one fails; those before it stay
 */
export const deployStacks = async (
  at: { readonly context: Context; readonly sam: SamCli },
  { names, answers, image, templates }: StacksOrder,
): Promise<DeployedStacks> => {
  const { clients } = at.context;
  const { configurationPath: ConfigurationPath } = names;
  const changed: string[] = [];
  const deploy = async (
    name: string,
    template: string | undefined,
    parameters: Readonly<Record<string, string>>,
    imageRepository?: string,
  ): Promise<void> => {
    if (template === undefined) return;
    const repository = imageRepository === undefined ? {} : { imageRepository };
    const isChanged = await deployStack(at, { name, template, parameters, ...repository });
    if (isChanged) changed.push(name);
  };
  const ofAlarms = defined({ AlarmEmail: answers.alarmEmail, RunbookUrl: answers.runbookUrl });
  const ofNetwork = networkParameters(answers.network);
  await deploy(names.infrastructure, templates.get("Infrastructure"), {
    ConfigurationPath,
    ...ofAlarms,
    ...ofNetwork.infrastructure,
  });
  const infrastructure = await findDeployment(clients.cloudFormation(), names.infrastructure);
  const Wiring = await wiringOf(clients.ssm(), ConfigurationPath);
  const ofRunner = image.kind === "build" ? { Architecture: image.architecture } : {};
  await deploy(
    names.lambdaShellRunner,
    templates.get("LambdaShellRunner"),
    { ConfigurationPath, Wiring, ...ofRunner },
    templates.has("LambdaShellRunner") ? output(infrastructure, "RunnerImageRepositoryUri") : undefined,
  );
  if (templates.has("MicroVmRunner")) {
    const bucket = output(infrastructure, "CacheBucketName");
    const CodeKey = await uploadMicroVmCode(at.context, {
      bucket,
      caCertificate: await certificateOf(at.context, names),
    });
    await deploy(names.microVmRunner, templates.get("MicroVmRunner"), {
      ConfigurationPath,
      Wiring,
      CodeKey,
      ...(answers.microVm ? { SizesMiB: answers.microVm.join(",") } : {}),
    });
  }
  const EventBusName = output(infrastructure, "EventBusName");
  const ofDashboard = await dashboardParameter(clients, names.autoScaler, ConfigurationPath);
  await deploy(names.autoScaler, templates.get("AutoScaler"), {
    ConfigurationPath,
    EventBusName,
    Wiring: await wiringOf(clients.ssm(), ConfigurationPath, ["infrastructure", "lambda-shell-runner"]),
    ...ofDashboard,
    ...ofNetwork.autoScaler,
  });
  const autoScaler = await findDeployment(clients.cloudFormation(), names.autoScaler);
  return { infrastructure, autoScaler, changed };
};
