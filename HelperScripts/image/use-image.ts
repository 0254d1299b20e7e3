import { DescribeImagesCommand, type Image } from "@aws-sdk/client-ec2";
import { STACK_TAG } from "../../Core/configuration";
import { ARCHITECTURES, type Architecture } from "../../Core/model/runner-class";
import { type Context, UsageError } from "../context";
import { type Deployment, output } from "../deployment";
import { storeImage } from "./build-image";
import {
  imageParameter,
  readImage,
  readLaunchTemplate,
  readParameters,
  resolveImage,
  stockImage,
} from "./launch-images";

/** The images that `image build` made for this deployment, newest first. */
export const ownImages = async (context: Context, deployment: Deployment): Promise<readonly Image[]> => {
  const Filters = [{ Name: `tag:${STACK_TAG}`, Values: [output(deployment, "DeploymentId")] }];
  const answer = await context.clients.ec2().send(new DescribeImagesCommand({ Owners: ["self"], Filters }));
  return [...(answer.Images ?? [])].sort((one, other) =>
    (other.CreationDate ?? "").localeCompare(one.CreationDate ?? ""),
  );
};

/** The id of the image from which runners of an architecture start now; undefined: the stack has none of it. */
export const imageInUse = async (
  context: Context,
  deployment: Deployment,
  architecture: Architecture,
): Promise<string | undefined> => {
  const template = await readLaunchTemplate(context, deployment, architecture);
  return template?.ImageId === undefined ? undefined : resolveImage(context, template.ImageId);
};

/** Whether launches read the parameter; otherwise what has to be deployed first. */
export const launchNote = async (
  context: Context,
  deployment: Deployment,
  architecture: Architecture,
): Promise<string> => {
  const reference = `resolve:ssm:${imageParameter(deployment, architecture)}`;
  const template = await readLaunchTemplate(context, deployment, architecture);
  const name = architecture === "arm64" ? "ImageIdArm64" : "ImageIdX86";
  return template?.ImageId === reference
    ? "Runners start from it from the next launch on."
    : `Runners start from ${template?.ImageId ?? "another one"} until AutoScaler is deployed with ${name}=${reference}.`;
};

const findImage = async (context: Context, deployment: Deployment, wanted: string): Promise<Image> => {
  const found = wanted.startsWith("ami-")
    ? await readImage(context, wanted)
    : (await ownImages(context, deployment)).find(({ Name }) => Name === wanted);
  if (found) return found;
  throw new UsageError(`There is no image ${wanted}: image list shows those that there are`);
};

/** @throws UsageError when runners could not start from it */
const checkImage = async (context: Context, deployment: Deployment, image: Image): Promise<Architecture> => {
  const { ImageId, State, RootDeviceName } = image;
  const architecture = ARCHITECTURES.find((known) => known === image.Architecture);
  if (architecture === undefined) throw new UsageError(`${ImageId} is for ${image.Architecture}`);
  if (State !== "available") throw new UsageError(`${ImageId} is ${State}: wait, or use another one`);
  const template = await readLaunchTemplate(context, deployment, architecture);
  const device = template?.BlockDeviceMappings?.[0]?.DeviceName;
  if (device === undefined || device === RootDeviceName) return architecture;
  throw new UsageError(
    `${ImageId} has its root disk at ${RootDeviceName}, the stack says ${device}: deploy AutoScaler with RootDeviceName=${RootDeviceName} first`,
  );
};

export interface UsedImage {
  readonly imageId: string;
  readonly architecture: Architecture;
  readonly parameter: string;
  /** The image that was used before, to go back to. */
  readonly before?: string;
}

/**
 * Stores the image from which runners start.
 *
 * @param wanted its id, the name of one that `image build` made, or `stock` for the distribution's own
 * @throws UsageError when there is none such, or runners could not start from it
 */
export const useImage = async (
  context: Context,
  deployment: Deployment,
  wanted: string,
  architecture: Architecture,
): Promise<UsedImage> => {
  const isStock = wanted === "stock";
  const id = isStock ? await resolveImage(context, stockImage(architecture)) : wanted;
  const image = await findImage(context, deployment, id);
  const of = await checkImage(context, deployment, image);
  const parameter = imageParameter(deployment, of);
  const before = (await readParameters(context, [parameter])).get(parameter);
  await storeImage(context, parameter, image.ImageId ?? "");
  return { imageId: image.ImageId ?? "", architecture: of, parameter, ...(before ? { before } : {}) };
};
