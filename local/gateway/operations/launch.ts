import { at, listAt, type QueryNode, tagsAt, textAt, textsAt } from "../../ec2/api/query-form";
import type { DeployedLaunchTemplate } from "../deployed";
import { type Place, UnclearCallError } from "./need";

export type Tags = Readonly<Record<string, string>>;

/** One instance that a call may launch, as far as conditions ask. */
export interface FleetLaunch {
  readonly createAction: "CreateFleet" | "RunInstances";
  readonly template?: DeployedLaunchTemplate;
  readonly instanceType: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly imageId?: string;
  readonly keyName?: string;
  readonly instanceProfileArn?: string;
  readonly isSpot: boolean;
  readonly httpEndpoint?: string;
  readonly httpTokens?: string;
  readonly hopLimit?: string;
  /** By resource type, template and call together. */
  readonly tags: Readonly<Record<string, Tags>>;
}

/** Fields that no right hangs on. Any other one might change what is launched, and is refused. */
const HARMLESS_OVERRIDES = new Set([
  "AvailabilityZone",
  "BlockDeviceMapping",
  "ImageId",
  "InstanceType",
  "MaxPrice",
  "Priority",
  "SubnetId",
  "WeightedCapacity",
]);

const requireKnown = (node: QueryNode, known: ReadonlySet<string>): void => {
  const names = typeof node === "object" && !Array.isArray(node) ? Object.keys(node) : [];
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new UnclearCallError(`A launch with ${unknown.join(", ")} cannot be judged`);
};

const RESOURCE_TYPES = ["fleet", "instance", "network-interface", "spot-instances-request", "volume"];

/** The tags that each kind of resource gets. */
export const tagsOf = (
  request: QueryNode,
  template: DeployedLaunchTemplate | undefined,
): FleetLaunch["tags"] =>
  Object.fromEntries(
    RESOURCE_TYPES.map((type) => [type, { ...template?.tags[type], ...tagsAt(request, type) }]),
  );

export const readTemplate = async (
  specification: QueryNode | undefined,
  { deployed }: Place,
): Promise<DeployedLaunchTemplate> => {
  const id = textAt(specification, "LaunchTemplateId");
  const name = textAt(specification, "LaunchTemplateName");
  const version = textAt(specification, "Version");
  const found = await deployed.launchTemplate({
    ...(id ? { id } : {}),
    ...(name ? { name } : {}),
    ...(version ? { version } : {}),
  });
  if (found === undefined)
    throw new UnclearCallError(`There is no launch template ${id ?? name}, ${version}`);
  return found;
};

/** What the template says of instance and image. */
const fromTemplate = (template: DeployedLaunchTemplate) => ({
  template,
  securityGroupIds: template.securityGroupIds,
  ...(template.keyName ? { keyName: template.keyName } : {}),
  ...(template.instanceProfileArn ? { instanceProfileArn: template.instanceProfileArn } : {}),
  ...(template.httpEndpoint ? { httpEndpoint: template.httpEndpoint } : {}),
  ...(template.httpTokens ? { httpTokens: template.httpTokens } : {}),
  ...(template.hopLimit ? { hopLimit: template.hopLimit } : {}),
});

const fleetLaunch = (
  request: QueryNode,
  template: DeployedLaunchTemplate,
  override: QueryNode | undefined,
): FleetLaunch => {
  if (override !== undefined) requireKnown(override, HARMLESS_OVERRIDES);
  const instanceType = textAt(override, "InstanceType") ?? template.instanceType;
  if (instanceType === undefined) throw new UnclearCallError("No instance type is named");
  const subnet = textAt(override, "SubnetId");
  const imageId = textAt(override, "ImageId") ?? template.imageId;
  return {
    ...fromTemplate(template),
    createAction: "CreateFleet",
    instanceType,
    subnetIds: subnet === undefined ? template.subnetIds : [subnet],
    isSpot: textAt(request, "TargetCapacitySpecification", "DefaultTargetCapacityType") !== "on-demand",
    tags: tagsOf(request, template),
    ...(imageId ? { imageId } : {}),
  };
};

/** All that a fleet may launch: each template with each override. */
export const fleetLaunches = async (request: QueryNode, place: Place): Promise<readonly FleetLaunch[]> => {
  const all = await Promise.all(
    listAt(request, "LaunchTemplateConfigs").map(async (config) => {
      const template = await readTemplate(at(config, "LaunchTemplateSpecification"), place);
      const overrides = listAt(config, "Overrides");
      return (overrides.length > 0 ? overrides : [undefined]).map((override) =>
        fleetLaunch(request, template, override),
      );
    }),
  );
  return all.flat();
};

const HARMLESS_FIELDS = new Set([
  "Action",
  "Version",
  "BlockDeviceMapping",
  "ClientToken",
  "DisableApiTermination",
  "DryRun",
  "IamInstanceProfile",
  "ImageId",
  "InstanceInitiatedShutdownBehavior",
  "InstanceMarketOptions",
  "InstanceType",
  "KeyName",
  "LaunchTemplate",
  "MaxCount",
  "MetadataOptions",
  "MinCount",
  "NetworkInterface",
  "SecurityGroupId",
  "SubnetId",
  "TagSpecification",
  "UserData",
]);

const profileArn = (request: QueryNode, { account }: Place): string | undefined => {
  const name = textAt(request, "IamInstanceProfile", "Name");
  return (
    textAt(request, "IamInstanceProfile", "Arn") ??
    (name === undefined ? undefined : `arn:aws:iam::${account}:instance-profile/${name}`)
  );
};

const defined = <Value extends object>(value: Value): { [Key in keyof Value]?: NonNullable<Value[Key]> } =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;

/** What RunInstances launches: what it says itself goes before its template. */
export const runLaunch = async (request: QueryNode, place: Place): Promise<FleetLaunch> => {
  requireKnown(request, HARMLESS_FIELDS);
  const specification = at(request, "LaunchTemplate");
  const template = specification === undefined ? undefined : await readTemplate(specification, place);
  const instanceType = textAt(request, "InstanceType") ?? template?.instanceType;
  if (instanceType === undefined) throw new UnclearCallError("No instance type is named");
  const own = listAt(request, "NetworkInterface")[0];
  const groups = [...textsAt(request, "SecurityGroupId"), ...textsAt(own, "SecurityGroupId")];
  const subnet = textAt(request, "SubnetId") ?? textAt(own, "SubnetId");
  return {
    ...(template ? fromTemplate(template) : {}),
    ...defined({
      imageId: textAt(request, "ImageId") ?? template?.imageId,
      keyName: textAt(request, "KeyName") ?? template?.keyName,
      instanceProfileArn: profileArn(request, place) ?? template?.instanceProfileArn,
      httpEndpoint: textAt(request, "MetadataOptions", "HttpEndpoint") ?? template?.httpEndpoint,
      httpTokens: textAt(request, "MetadataOptions", "HttpTokens") ?? template?.httpTokens,
      hopLimit: textAt(request, "MetadataOptions", "HttpPutResponseHopLimit") ?? template?.hopLimit,
    }),
    createAction: "RunInstances",
    instanceType,
    subnetIds: subnet === undefined ? (template?.subnetIds ?? []) : [subnet],
    securityGroupIds: groups.length > 0 ? groups : (template?.securityGroupIds ?? []),
    isSpot: (textAt(request, "InstanceMarketOptions", "MarketType") ?? template?.marketType) === "spot",
    tags: tagsOf(request, template),
  };
};
