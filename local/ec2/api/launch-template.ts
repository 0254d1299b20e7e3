import {
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type LaunchTemplateVersion,
} from "@aws-sdk/client-ec2";
import { defined } from "../../../Core/defined";
import type { Blueprint } from "../instance";
import { Ec2Error } from "./errors";

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
      userData: data.UserData ? Buffer.from(data.UserData, "base64").toString("utf8") : undefined,
    }),
  };
};

/** Reads launch templates from the engine, as EC2 itself. */
export const engineTemplates = (client: EC2Client): ReadTemplate => {
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
    return blueprintOf(data);
  };
};
