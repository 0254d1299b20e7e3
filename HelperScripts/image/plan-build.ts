import { ConfigurationError } from "../../Core/errors";
import type { Architecture } from "../../Core/model/runner-class";
import { type Context, UsageError } from "../context";
import { type Deployment, output, routingSettings } from "../deployment";
import { storedValues } from "../stored-parameters";
import type { BuildPlan } from "./build-image";
import { builderUserData, missingPins, type ReadText, runnerVersion } from "./builder-script";
import { imageParameter, readImage, readLaunchTemplate, resolveImage, stockImage } from "./launch-images";

export interface BuildWishes {
  readonly architecture?: Architecture;
  /** The image to start from: an id, or `resolve:ssm:` and a parameter's name. */
  readonly from?: string;
}

/** Infrastructure's first subnet. */
const subnetOf = async (context: Context, deployment: Deployment): Promise<string> => {
  const name = `${output(deployment, "ConfigurationPath")}/infrastructure/subnet-id-1`;
  const subnet = (await storedValues(context.clients.ssm(), [name])).get(name);
  if (subnet) return subnet;
  throw new ConfigurationError(`Infrastructure has not published ${name}: deploy its newest version`);
};

/** @throws ConfigurationError when there is no such image, or it is for another processor */
const checkBase = async (
  context: Context,
  baseId: string,
  base: string,
  architecture: Architecture,
): Promise<void> => {
  if (!baseId.startsWith("ami-")) {
    throw new ConfigurationError(`${base} does not resolve to an image: give another one with --from`);
  }
  const actual = (await readImage(context, baseId))?.Architecture;
  if (actual === architecture) return;
  throw new ConfigurationError(
    `The image ${baseId} ${actual ? `is for ${actual}, not for ${architecture}` : "is not there"}: give another one with --from`,
  );
};

/** A parameter of ours holds what was built before: a new image starts from the distribution's newest. */
const baseOf = (launched: string | undefined, parameter: string, architecture: Architecture): string =>
  launched === undefined || launched === `resolve:ssm:${parameter}` ? stockImage(architecture) : launched;

/**
 * What `image build` will do.
 *
 * @throws UsageError while a checksum is missing, ConfigurationError when something of the deployment is
 */
export const planBuild = async (
  context: Context,
  deployment: Deployment,
  read: ReadText,
  wishes: BuildWishes,
): Promise<BuildPlan> => {
  const missing = missingPins(read);
  if (missing.length > 0) {
    throw new UsageError(
      `No image is made while a checksum is missing (${missing.join(", ")}): run npm run pin -- --missing first`,
    );
  }
  const settings = await routingSettings(context.clients, deployment);
  const architecture = wishes.architecture ?? settings.defaults.EC2.ec2?.architecture ?? "arm64";
  const [instanceType] = settings.allowedInstanceTypes[architecture];
  const template = await readLaunchTemplate(context, deployment, architecture);
  if (instanceType === undefined || template === undefined) {
    throw new ConfigurationError(`${deployment.stackName} allows no instance types of ${architecture}`);
  }
  const parameter = imageParameter(deployment, architecture);
  const base = wishes.from ?? baseOf(template.ImageId, parameter, architecture);
  const baseId = await resolveImage(context, base);
  await checkBase(context, baseId, base, architecture);
  const [network] = template.NetworkInterfaces ?? [];
  return {
    deploymentId: output(deployment, "DeploymentId"),
    architecture,
    base,
    baseId,
    instanceType,
    subnetId: await subnetOf(context, deployment),
    securityGroupIds: network?.Groups ?? [],
    hasPublicIp: network?.AssociatePublicIpAddress ?? false,
    userData: builderUserData(read),
    runnerVersion: runnerVersion(read),
    parameter,
  };
};
