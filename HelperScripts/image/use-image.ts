import { DescribeImagesCommand, type Image } from "@aws-sdk/client-ec2";
import { STACK_TAG } from "../../Core/configuration";
import { defined } from "../../Core/defined";
import { ARCHITECTURES, type Architecture } from "../../Core/model/runner-class";
import { type Context, UsageError } from "../context";
import { type Deployment, output } from "../deployment";
import { storeImage } from "./build-image";
import { imageParameter, readImage, readLaunchTemplate, resolveImage, stockImage } from "./launch-images";
import { isLaunchedFrom, pointLaunches } from "./point-launches";

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
  /** Its id; for the distribution's own, how it is named. */
  readonly image: string;
  readonly architecture: Architecture;
  /** The id of the image that was used before, to go back to. */
  readonly before?: string;
}

const storedReference = (deployment: Deployment, architecture: Architecture): string =>
  `resolve:ssm:${imageParameter(deployment, architecture)}`;

/** Lets runners of an architecture start from the stored image. */
export const useStored = (
  context: Context,
  deployment: Deployment,
  architecture: Architecture,
): Promise<void> =>
  pointLaunches(context, deployment, architecture, storedReference(deployment, architecture));

/** Whether they do already. */
export const usesStored = (
  context: Context,
  deployment: Deployment,
  architecture: Architecture,
): Promise<boolean> =>
  isLaunchedFrom(context, deployment, architecture, storedReference(deployment, architecture));

/**
 * Chooses the image from which runners start, from the next launch on.
 *
 * @param wanted its id, the name of one that `image build` made, or `stock` for Amazon Linux's newest
 * @param architecture of `stock`; any other image has its own
 * @throws UsageError when there is none such, or runners could not start from it
 */
export const useImage = async (
  context: Context,
  deployment: Deployment,
  wanted: string,
  architecture: Architecture,
): Promise<UsedImage> => {
  if (wanted === "stock") {
    const before = await imageInUse(context, deployment, architecture);
    await pointLaunches(context, deployment, architecture, stockImage(architecture));
    return { image: stockImage(architecture), architecture, ...defined({ before }) };
  }
  const image = await findImage(context, deployment, wanted);
  const of = await checkImage(context, deployment, image);
  const before = await imageInUse(context, deployment, of);
  await storeImage(context, imageParameter(deployment, of), image.ImageId ?? "");
  await useStored(context, deployment, of);
  return { image: image.ImageId ?? "", architecture: of, ...defined({ before }) };
};
