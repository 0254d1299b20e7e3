import {
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type ResponseLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import { defined } from "../../Core/defined";
import type { DeployedLaunchTemplate, LaunchTemplateName } from "../gateway";
import { orUndefined } from "./not-found";
import type { ResourceTags } from "./tags";

const tagsByType = ({
  TagSpecifications = [],
}: ResponseLaunchTemplateData): Readonly<Record<string, ResourceTags>> =>
  Object.fromEntries(
    TagSpecifications.map(({ ResourceType = "", Tags = [] }) => [
      ResourceType,
      Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
    ]),
  );

const textOf = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

const shown = (arn: string, data: ResponseLaunchTemplateData): DeployedLaunchTemplate => {
  const interfaces = data.NetworkInterfaces ?? [];
  return {
    arn,
    subnetIds: interfaces.flatMap(({ SubnetId }) => SubnetId ?? []),
    securityGroupIds: [...(data.SecurityGroupIds ?? []), ...interfaces.flatMap(({ Groups }) => Groups ?? [])],
    tags: tagsByType(data),
    ...defined({
      imageId: data.ImageId,
      instanceType: data.InstanceType,
      instanceProfileArn: data.IamInstanceProfile?.Arn,
      keyName: data.KeyName,
      marketType: data.InstanceMarketOptions?.MarketType,
      httpEndpoint: data.MetadataOptions?.HttpEndpoint,
      httpTokens: data.MetadataOptions?.HttpTokens,
      hopLimit: textOf(data.MetadataOptions?.HttpPutResponseHopLimit),
    }),
  };
};

export const readLaunchTemplate = async (
  ec2: EC2Client,
  place: { readonly region: string; readonly account: string },
  { id, name, version = "$Default" }: LaunchTemplateName,
): Promise<DeployedLaunchTemplate | undefined> => {
  const which = id === undefined ? { LaunchTemplateName: name } : { LaunchTemplateId: id };
  const asked = new DescribeLaunchTemplateVersionsCommand({ ...which, Versions: [version] });
  const [found] = (await orUndefined(() => ec2.send(asked)))?.LaunchTemplateVersions ?? [];
  if (found?.LaunchTemplateData === undefined) return undefined;
  const arn = `arn:aws:ec2:${place.region}:${place.account}:launch-template/${found.LaunchTemplateId}`;
  return shown(arn, found.LaunchTemplateData);
};
