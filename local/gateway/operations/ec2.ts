import { listAt, type QueryNode, tagsAt, textAt, textsAt } from "../../ec2/api/query-form";
import { type FleetLaunch, fleetLaunches, runLaunch, type Tags } from "./launch";
import { arnAt, type Need, type NeedsOf, type Operations, type Place, UnclearCallError } from "./need";
import { parameterArn } from "./ssm";

type TextContext = Record<string, string | readonly string[]>;

const requestTags = (tags: Tags | undefined): TextContext => {
  const entries = Object.entries(tags ?? {});
  if (entries.length === 0) return {};
  const each = entries.map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  return { ...Object.fromEntries(each), "aws:TagKeys": entries.map(([key]) => key) };
};

/** That a fleet's launches carry the key too, AWS says nowhere. */
const ofTemplate = ({ template, createAction }: FleetLaunch): TextContext =>
  template === undefined || createAction === "CreateFleet" ? {} : { "ec2:LaunchTemplate": template.arn };

const optional = (key: string, value: string | undefined): TextContext =>
  value === undefined ? {} : { [key]: value };

const instanceContext = (launch: FleetLaunch): TextContext => ({
  ...requestTags(launch.tags.instance),
  ...ofTemplate(launch),
  "ec2:InstanceType": launch.instanceType,
  "ec2:InstanceMarketType": launch.isSpot ? "spot" : "on-demand",
  ...optional("ec2:InstanceProfile", launch.instanceProfileArn),
  ...optional("ec2:MetadataHttpEndpoint", launch.httpEndpoint),
  ...optional("ec2:MetadataHttpTokens", launch.httpTokens),
  ...optional("ec2:MetadataHttpPutResponseHopLimit", launch.hopLimit),
});

const BY_PARAMETER = "resolve:ssm:";

/** An image belongs to no account; one that a parameter names is known after the launch alone. */
const imageArn = (imageId: string, { region }: Place): string =>
  `arn:aws:ec2:${region}::image/${imageId.startsWith(BY_PARAMETER) ? "*" : imageId}`;

const runNeeds = (launch: FleetLaunch, place: Place): readonly Need[] => {
  const run = (resource: string, context: TextContext = {}): Need => ({
    action: "ec2:RunInstances",
    resource: arnAt(place, "ec2", resource),
    context,
  });
  const context = ofTemplate(launch);
  return [
    run("instance/*", instanceContext(launch)),
    run("network-interface/*", { ...context, ...requestTags(launch.tags["network-interface"]) }),
    run("volume/*", { ...context, ...requestTags(launch.tags.volume) }),
    ...(launch.template ? [{ ...run(""), resource: launch.template.arn, context }] : []),
    ...launch.subnetIds.map((id) => run(`subnet/${id}`, context)),
    ...launch.securityGroupIds.map((id) => run(`security-group/${id}`, context)),
    ...(launch.keyName ? [run(`key-pair/${launch.keyName}`, context)] : []),
    ...(launch.isSpot
      ? [run("spot-instances-request/*", requestTags(launch.tags["spot-instances-request"]))]
      : []),
    ...(launch.imageId ? [{ ...run(""), resource: imageArn(launch.imageId, place), context }] : []),
  ];
};

const tagNeeds = ({ tags, createAction }: FleetLaunch, place: Place): readonly Need[] =>
  Object.entries(tags)
    .filter(([, some]) => Object.keys(some).length > 0)
    .map(([type, some]) => ({
      action: "ec2:CreateTags",
      resource: arnAt(place, "ec2", `${type}/*`),
      context: { ...requestTags(some), "ec2:CreateAction": createAction },
    }));

const passNeeds = async (
  { instanceProfileArn }: FleetLaunch,
  { deployed }: Place,
): Promise<readonly Need[]> => {
  if (instanceProfileArn === undefined) return [];
  const role = await deployed.roleOfProfile(instanceProfileArn);
  if (role === undefined) throw new UnclearCallError(`There is no instance profile ${instanceProfileArn}`);
  const context = { "iam:PassedToService": "ec2.amazonaws.com" };
  return [{ action: "iam:PassRole", resource: role, context }];
};

/** EC2 reads an image's parameter with the caller's rights. */
const imageParameterNeeds = ({ imageId }: FleetLaunch, place: Place): readonly Need[] =>
  imageId?.startsWith(BY_PARAMETER)
    ? [{ action: "ssm:GetParameters", resource: parameterArn(place, imageId.slice(BY_PARAMETER.length)) }]
    : [];

const launchNeeds = async (launch: FleetLaunch, place: Place): Promise<readonly Need[]> => [
  ...runNeeds(launch, place),
  ...tagNeeds(launch, place),
  ...(await passNeeds(launch, place)),
  ...imageParameterNeeds(launch, place),
];

/** The fleet itself, with what it names. */
const fleetNeeds = (launch: FleetLaunch, place: Place): readonly Need[] => {
  const fleet = (resource: string, context: TextContext = {}): Need => ({
    action: "ec2:CreateFleet",
    resource: arnAt(place, "ec2", resource),
    context,
  });
  const profile = optional("ec2:InstanceProfile", launch.instanceProfileArn);
  const instance = {
    ...requestTags(launch.tags.instance),
    "ec2:InstanceType": launch.instanceType,
    ...profile,
  };
  return [
    fleet("fleet/*", requestTags(launch.tags.fleet)),
    ...(launch.template ? [{ ...fleet(""), resource: launch.template.arn }] : []),
    fleet("instance/*", instance),
    fleet("volume/*", requestTags(launch.tags.volume)),
    ...launch.subnetIds.map((id) => fleet(`subnet/${id}`)),
    ...(launch.imageId ? [{ ...fleet(""), resource: imageArn(launch.imageId, place) }] : []),
  ];
};

/** Pools of one fleet ask for much that is the same. */
const distinct = (needs: readonly Need[]): readonly Need[] => [
  ...new Map(needs.map((need) => [JSON.stringify(need), need])).values(),
];

const createFleet: NeedsOf<QueryNode> = async (request, place) => {
  const launches = await fleetLaunches(request, place);
  const each = await Promise.all(
    launches.map(async (launch) => [...fleetNeeds(launch, place), ...(await launchNeeds(launch, place))]),
  );
  return distinct(each.flat());
};

const runInstances: NeedsOf<QueryNode> = async (request, place) =>
  launchNeeds(await runLaunch(request, place), place);

const onInstances =
  (action: string): NeedsOf<QueryNode> =>
  (request, place) =>
    textsAt(request, "InstanceId").map((id) => ({
      action: `ec2:${action}`,
      resource: arnAt(place, "ec2", `instance/${id}`),
    }));

/** One call, one console: the id stands alone. */
const requireInstance = (request: QueryNode): string => {
  const id = textAt(request, "InstanceId");
  if (id === undefined) throw new UnclearCallError("No instance is named");
  return id;
};

/** Kinds of resource by the beginning of their ids, as far as calls of ours name them. */
const KINDS: Readonly<Record<string, string>> = {
  ami: "image",
  eni: "network-interface",
  fleet: "fleet",
  i: "instance",
  lt: "launch-template",
  sg: "security-group",
  subnet: "subnet",
  vol: "volume",
};

const taggedArn = (id: string, place: Place): string => {
  const kind = KINDS[id.slice(0, id.indexOf("-"))];
  if (kind === undefined) throw new UnclearCallError(`What is ${id}?`);
  return kind === "image" ? imageArn(id, place) : arnAt(place, "ec2", `${kind}/${id}`);
};

const createTags: NeedsOf<QueryNode> = (request, place) => {
  const tags = tagsAt({ TagSpecification: [{ ResourceType: "any", Tag: listAt(request, "Tag") }] }, "any");
  return textsAt(request, "ResourceId").map((id) => ({
    action: "ec2:CreateTags",
    resource: taggedArn(id, place),
    context: requestTags(tags),
  }));
};

const everywhere =
  (action: string): NeedsOf<QueryNode> =>
  () => [{ action: `ec2:${action}`, resource: "*" }];

/** An image of an instance: it, the new image, and the new copies of its disks. */
const createImage: NeedsOf<QueryNode> = (request, place) => {
  const tags = (type: string) => requestTags(tagsAt(request, type));
  const need = (resource: string, context: TextContext = {}): Need => ({
    action: "ec2:CreateImage",
    resource,
    context,
  });
  const image = imageArn("*", place);
  const snapshot = `arn:aws:ec2:${place.region}::snapshot/*`;
  const instance = arnAt(place, "ec2", `instance/${textAt(request, "InstanceId")}`);
  const created = { image, snapshot };
  return [
    need(instance),
    need(image, tags("image")),
    need(snapshot, tags("snapshot")),
    ...Object.entries(created)
      .filter(([type]) => Object.keys(tagsAt(request, type)).length > 0)
      .map(([type, resource]) => ({
        action: "ec2:CreateTags",
        resource,
        context: { ...tags(type), "ec2:CreateAction": "CreateImage" },
      })),
  ];
};

/** Its disks' copies go with it where the call says so. */
const deregisterImage: NeedsOf<QueryNode> = (request, place) => [
  { action: "ec2:DeregisterImage", resource: imageArn(textAt(request, "ImageId") ?? "*", place) },
  ...(textAt(request, "DeleteAssociatedSnapshots") === "true"
    ? [{ action: "ec2:DeleteSnapshot", resource: `arn:aws:ec2:${place.region}::snapshot/*` }]
    : []),
];

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
export const EC2: Operations<QueryNode> = {
  CreateFleet: createFleet,
  RunInstances: runInstances,
  CreateTags: createTags,
  TerminateInstances: onInstances("TerminateInstances"),
  StopInstances: onInstances("StopInstances"),
  GetConsoleOutput: (request, place) => [
    {
      action: "ec2:GetConsoleOutput",
      resource: arnAt(place, "ec2", `instance/${requireInstance(request)}`),
    },
  ],
  CreateImage: createImage,
  DeregisterImage: deregisterImage,
  DescribeInstances: everywhere("DescribeInstances"),
  DescribeInstanceStatus: everywhere("DescribeInstanceStatus"),
  DescribeSpotPriceHistory: everywhere("DescribeSpotPriceHistory"),
  DescribeSubnets: everywhere("DescribeSubnets"),
  DescribeImages: everywhere("DescribeImages"),
  DescribeLaunchTemplates: everywhere("DescribeLaunchTemplates"),
  DescribeLaunchTemplateVersions: everywhere("DescribeLaunchTemplateVersions"),
};
