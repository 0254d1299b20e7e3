import {
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type LaunchTemplateVersion,
} from "@aws-sdk/client-ec2";
import { GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { defined } from "../../../Core/defined";
import type { Blueprint } from "../instance";
import { Ec2Error } from "./errors";
import { userDataText } from "./run-instances";

/** A reference to a launch template in a request. */
export interface TemplateName {
  readonly id?: string;
  readonly name?: string;
  readonly version?: string;
}

export type ReadTemplate = (name: TemplateName) => Promise<Blueprint>;

const DEFAULT_DISK_GIB = 8;

const tagsOf = (data: NonNullable<LaunchTemplateVersion["LaunchTemplateData"]>, resourceType: string) => {
  const specifications = (data.TagSpecifications ?? []).filter(
    ({ ResourceType }) => ResourceType === resourceType,
  );
  const tags = specifications.flatMap(({ Tags }) => Tags ?? []);
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
};

const blueprintOf = (data: NonNullable<LaunchTemplateVersion["LaunchTemplateData"]>): Blueprint => {
  const disks = (data.BlockDeviceMappings ?? []).map(({ DeviceName, Ebs }) => ({
    deviceName: DeviceName ?? "/dev/xvda",
    sizeGiB: Ebs?.VolumeSize ?? DEFAULT_DISK_GIB,
  }));
  return {
    imageId: data.ImageId ?? "",
    isTokenRequired: data.MetadataOptions?.HttpTokens === "required",
    hopLimit: data.MetadataOptions?.HttpPutResponseHopLimit ?? 2,
    // EC2's default is `stop`: a template without this setting leaves stopped instances, here too.
    terminatesOnShutdown: data.InstanceInitiatedShutdownBehavior === "terminate",
    rootDeviceName: disks[0]?.deviceName ?? "/dev/xvda",
    disks,
    tags: tagsOf(data, "instance"),
    volumeTags: tagsOf(data, "volume"),
    ...defined({
      instanceProfileArn: data.IamInstanceProfile?.Arn,
      userData: data.UserData ? userDataText(data.UserData) : undefined,
    }),
  };
};

/** An image may be named by a parameter, which EC2 reads at each launch. */
const resolvedImage = async (ssm: Pick<SSMClient, "send">, imageId: string): Promise<string> => {
  const [, Name] = /^resolve:ssm:(.+)$/.exec(imageId) ?? [];
  if (Name === undefined) return imageId;
  const answer = await ssm.send(new GetParametersCommand({ Names: [Name] }));
  const value = answer.Parameters?.[0]?.Value;
  if (value === undefined) throw new Ec2Error("InvalidParameterValue", `There is no parameter ${Name}`);
  return value;
};

/** Reads launch templates and the images that they name from the engine, as EC2 itself. */
export const engineTemplates = (client: EC2Client, ssm: Pick<SSMClient, "send">): ReadTemplate => {
  return async ({ id, name, version = "$Default" }) => {
    const answer = await client.send(
      new DescribeLaunchTemplateVersionsCommand({
        ...(id === undefined ? { LaunchTemplateName: name } : { LaunchTemplateId: id }),
        Versions: [version],
      }),
    );
    const data = answer.LaunchTemplateVersions?.[0]?.LaunchTemplateData;
    if (data === undefined) {
      throw new Ec2Error(
        "InvalidLaunchTemplateId.NotFound",
        `There is no launch template ${id ?? name}, ${version}`,
      );
    }
    const blueprint = blueprintOf(data);
    return { ...blueprint, imageId: await resolvedImage(ssm, blueprint.imageId) };
  };
};
