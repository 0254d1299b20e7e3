import { UsageError } from "../../context";
import { isFields } from "../../gitlab/json";
import { checked, refuse } from "./checked-answer";

/** The runners' network, where it is none that Infrastructure makes. */
export interface OwnNetwork {
  readonly vpcId: string;
  /** One to three, in which EC2 runners start. */
  readonly subnetIds: readonly string[];
  /** `public`: with a route to an internet gateway. `private`: they reach the internet another way. */
  readonly subnetType: "public" | "private";
  /** Whether AutoScaler's functions run there too, for a GitLab that only this network reaches. */
  readonly functionsInVpc: boolean;
}

/** `none`: Infrastructure makes the network. */
export type NetworkAnswer = OwnNetwork | "none";

const FIELDS = ["vpcId", "subnetIds", "subnetType", "functionsInVpc"];
const MAX_SUBNETS = 3;

const checkVpc = checked(
  "network.vpcId",
  /^vpc-[0-9a-f]{8,17}$/,
  "give the id of a VPC in the region, e.g. vpc-0123456789abcdef0",
);
const checkSubnet = checked(
  "network.subnetIds",
  /^subnet-[0-9a-f]{8,17}$/,
  "each is the id of a subnet of that VPC, e.g. subnet-0123456789abcdef0",
);

const checkSubnets = (value: unknown): readonly string[] => {
  const ids = Array.isArray(value) ? [...new Set(value.map(checkSubnet))] : [];
  return ids.length > 0 && ids.length <= MAX_SUBNETS
    ? ids
    : refuse("network.subnetIds", value, "give a list of one to three ids of subnets of that VPC");
};

const checkType = (value: unknown): OwnNetwork["subnetType"] =>
  value === "public" || value === "private"
    ? value
    : refuse(
        "network.subnetType",
        value,
        "give public where the subnets have a route to an internet gateway, else private",
      );

const checkFunctions = (value: unknown, subnetType: OwnNetwork["subnetType"]): boolean => {
  if (typeof value !== "boolean") return refuse("network.functionsInVpc", value, "give true or false");
  if (value && subnetType === "public")
    return refuse(
      "network.functionsInVpc",
      value,
      "a function gets no public address: give private subnets, or leave it out",
    );
  return value;
};

/** @throws UsageError that names the field and its remedy */
export const checkNetwork = (value: unknown): NetworkAnswer => {
  if (value === "none") return value;
  if (!isFields(value))
    return refuse(
      "network",
      value,
      'give { "vpcId", "subnetIds", "subnetType" }, or "none" to have one made',
    );
  const unknown = Object.keys(value).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined)
    throw new UsageError(`network has no field ${JSON.stringify(unknown)}. Known: ${FIELDS.join(", ")}`);
  const subnetType = checkType(value.subnetType);
  return {
    vpcId: checkVpc(value.vpcId),
    subnetIds: checkSubnets(value.subnetIds),
    subnetType,
    functionsInVpc: checkFunctions(value.functionsInVpc ?? false, subnetType),
  };
};

/** What the stacks are told of it; absent: they keep what they have. */
export interface NetworkParameters {
  readonly infrastructure: Readonly<Record<string, string>>;
  readonly autoScaler: Readonly<Record<string, string>>;
}

export const networkParameters = (network: NetworkAnswer | undefined): NetworkParameters => {
  if (network === undefined) return { infrastructure: {}, autoScaler: {} };
  if (network === "none") {
    // Private subnets that it made would have NAT gateways, which cost.
    const infrastructure = { VpcId: "", SubnetIds: "", Subnets: "public" };
    return { infrastructure, autoScaler: { FunctionsInVpc: "no" } };
  }
  const { vpcId, subnetIds, subnetType, functionsInVpc } = network;
  return {
    infrastructure: {
      VpcId: vpcId,
      SubnetIds: subnetIds.join(","),
      // In a network of one's own that makes no NAT gateway.
      Subnets: subnetType === "public" ? "public" : "private-one-nat-gateway",
    },
    autoScaler: { FunctionsInVpc: functionsInVpc ? "yes" : "no" },
  };
};
