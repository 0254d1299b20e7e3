import {
  CreateImageCommand,
  DeregisterImageCommand,
  type RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { STACK_TAG } from "../../Core/configuration";
import { TransientError } from "../../Core/errors";
import type { Architecture } from "../../Core/model/runner-class";
import type { Context } from "../context";
import { BUILDER_TAG, clearBuilders, launchBuilder, terminateBuilder, untilPrepared } from "./builder";
import { type Interruptible, interruptible } from "./interruptible";
import { readImage } from "./launch-images";

/** What an image is made of and where it goes. */
export interface BuildPlan {
  readonly deploymentId: string;
  readonly architecture: Architecture;
  /** The image that the builder starts from, and how it was named. */
  readonly baseId: string;
  readonly base: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  readonly hasPublicIp: boolean;
  /** Base64. */
  readonly userData: string;
  readonly runnerVersion: string;
  /** The parameter that gets the image's id. */
  readonly parameter: string;
}

/** Tags of an image: what it was made of. */
export const BASE_TAG = "glr:base";
export const VERSION_TAG = "glr:gitlab-runner";

const LOOK_EVERY_MILLISECONDS = 10_000;
const AVAILABLE_WITHIN_MILLISECONDS = 30 * 60_000;

const tags = (of: Readonly<Record<string, string>>) =>
  Object.entries(of).map(([Key, Value]) => ({ Key, Value }));

const builderRequest = (plan: BuildPlan, token: string): RunInstancesCommandInput => {
  const Tags = tags({ [BUILDER_TAG]: plan.deploymentId, Name: "builder of a runner's image" });
  return {
    ClientToken: token,
    MinCount: 1,
    MaxCount: 1,
    ImageId: plan.baseId,
    InstanceType: plan.instanceType as NonNullable<RunInstancesCommandInput["InstanceType"]>,
    UserData: plan.userData,
    InstanceInitiatedShutdownBehavior: "stop",
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: plan.subnetId,
        Groups: [...plan.securityGroupIds],
        AssociatePublicIpAddress: plan.hasPublicIp,
        DeleteOnTermination: true,
      },
    ],
    TagSpecifications: [
      { ResourceType: "instance", Tags },
      { ResourceType: "volume", Tags },
    ],
  };
};

/** An image's name has to be new in its account and region. */
const nameOf = ({ architecture }: BuildPlan, now: number): string =>
  `gitlab-runner-${architecture}-${new Date(now)
    .toISOString()
    .replace(/[-:]|\..*/g, "")
    .replace("T", "-")}`;

const createImage = async (
  { clients, now }: Context,
  plan: BuildPlan,
  InstanceId: string,
): Promise<{ readonly imageId: string; readonly name: string }> => {
  const Name = nameOf(plan, now());
  const Tags = tags({
    [STACK_TAG]: plan.deploymentId,
    [BASE_TAG]: plan.base,
    [VERSION_TAG]: plan.runnerVersion,
  });
  const answer = await clients.ec2().send(
    new CreateImageCommand({
      InstanceId,
      Name,
      Description: `GitLab runner ${plan.runnerVersion}`,
      TagSpecifications: [
        { ResourceType: "image", Tags },
        { ResourceType: "snapshot", Tags },
      ],
    }),
  );
  if (answer.ImageId === undefined)
    throw new TransientError(`EC2 did not say which image it made as ${Name}`);
  return { imageId: answer.ImageId, name: Name };
};

const untilAvailable = async (context: Context, work: Interruptible, imageId: string): Promise<void> => {
  const end = context.now() + AVAILABLE_WITHIN_MILLISECONDS;
  while (context.now() < end) {
    const image = await readImage(context, imageId);
    if (image?.State === "available") return;
    if (image !== undefined && image.State !== "pending")
      throw new TransientError(`EC2 says that the image ${imageId} is ${image.State}`);
    await work.sleep(LOOK_EVERY_MILLISECONDS);
  }
  throw new TransientError(`The image ${imageId} was not available within 30 minutes`);
};

/** Stores which image runners start from, from the next launch on. */
export const storeImage = async (
  { clients }: Pick<Context, "clients">,
  Name: string,
  Value: string,
): Promise<void> => {
  const put = { Name, Value, Type: "String", DataType: "aws:ec2:image", Overwrite: true } as const;
  await clients.ssm().send(new PutParameterCommand(put));
};

/** Something that was made and has to go, unless all went well. */
interface Remains {
  readonly what: string;
  readonly remove: () => Promise<unknown>;
}

const clear = async ({ console }: Context, remains: readonly Remains[]): Promise<void> => {
  for (const { what, remove } of remains.toReversed()) {
    try {
      await remove();
      console.err(`${what} is gone.`);
    } catch (error) {
      console.err(`${what} is left, remove it: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
};

/**
 * Makes an image: a builder prepares its disk, the image is taken of it, and its id is stored. The builder goes whatever happens;
 * so does the image while its id is not stored.
 *
 * @throws ConfigurationError, TransientError: why there is none
 */
export const buildImage = async (
  context: Context,
  plan: BuildPlan,
): Promise<{ readonly imageId: string; readonly name: string }> => {
  const { console, clients } = context;
  const work = interruptible(context);
  const remains: Remains[] = [];
  let image: Remains | undefined;
  try {
    await clearBuilders(context, plan.deploymentId);
    const builder = await launchBuilder(context, builderRequest(plan, context.random()));
    remains.push({ what: `The builder ${builder}`, remove: () => terminateBuilder(context, builder) });
    console.err(`The builder ${builder} (${plan.instanceType}) prepares its disk.`);
    await untilPrepared(context, work, builder);
    const made = await createImage(context, plan, builder);
    const { imageId: ImageId } = made;
    const deregister = () =>
      clients.ec2().send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
    image = { what: `The image ${ImageId}`, remove: deregister };
    console.err(`EC2 makes the image ${ImageId} (${made.name}); this takes some minutes.`);
    await untilAvailable(context, work, ImageId);
    await storeImage(context, plan.parameter, ImageId);
    image = undefined;
    return made;
  } finally {
    await clear(context, [...remains, ...(image ? [image] : [])]);
    work.forget();
  }
};
