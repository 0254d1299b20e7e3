import {
  DescribeImagesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type Image,
  type ResponseLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import type { Architecture } from "../../Core/model/runner-class";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { isNamed } from "../failures";
import { storedValues } from "../stored-parameters";

const TEMPLATES: Readonly<Record<Architecture, string>> = {
  arm64: "RunnerLaunchTemplateArm64Id",
  x86_64: "RunnerLaunchTemplateX86Id",
};

/** Amazon Linux's newest image of an architecture, as AutoScaler's template has it. */
export const stockImage = (architecture: Architecture): string =>
  `resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;

/** The parameter from which EC2 reads, at each launch, which image a runner starts from. */
export const imageParameter = (deployment: Deployment, architecture: Architecture): string =>
  `${output(deployment, "ConfigurationPath")}/images/${architecture}`;

/** What the newest version of an architecture's launch template says; undefined: the stack has none. */
export const readLaunchTemplate = async (
  { clients }: Pick<Context, "clients">,
  { outputs }: Deployment,
  architecture: Architecture,
): Promise<ResponseLaunchTemplateData | undefined> => {
  const LaunchTemplateId = outputs.get(TEMPLATES[architecture]);
  if (LaunchTemplateId === undefined) return undefined;
  const asked = { LaunchTemplateId, Versions: ["$Latest"], ResolveAlias: true };
  const answer = await clients.ec2().send(new DescribeLaunchTemplateVersionsCommand(asked));
  return answer.LaunchTemplateVersions?.[0]?.LaunchTemplateData;
};

/** An image's id. A reference `resolve:ssm:…` is followed; it stays as it is where its parameter is missing. */
export const resolveImage = async (context: Pick<Context, "clients">, reference: string): Promise<string> => {
  const [, name] = /^resolve:ssm:([^:]+)/.exec(reference) ?? [];
  if (name === undefined) return reference;
  return (await storedValues(context.clients.ssm(), [name])).get(name) ?? reference;
};

/** Undefined: there is no such image, or it is so new that EC2 does not show it yet. */
export const readImage = async (
  { clients }: Pick<Context, "clients">,
  imageId: string,
): Promise<Image | undefined> => {
  try {
    const answer = await clients.ec2().send(new DescribeImagesCommand({ ImageIds: [imageId] }));
    return answer.Images?.[0];
  } catch (error) {
    if (isNamed(error, "InvalidAMIID.NotFound") || isNamed(error, "InvalidAMIID.Unavailable"))
      return undefined;
    throw error;
  }
};
