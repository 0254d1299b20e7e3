import { type QueryNode, textAt } from "../../ec2/api/query-form";
import { arnAt, type NeedsOf, type Operations, UnclearCallError } from "./need";

const onStack =
  (action: string): NeedsOf<QueryNode> =>
  (input, place) => {
    const name = textAt(input, "StackName");
    if (name === undefined) return [{ action: `cloudformation:${action}`, resource: "*" }];
    const resource = name.startsWith("arn:") ? name : arnAt(place, "cloudformation", `stack/${name}/*`);
    return [{ action: `cloudformation:${action}`, resource }];
  };

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html */
export const CLOUDFORMATION: Operations<QueryNode> = {
  DescribeStacks: onStack("DescribeStacks"),
  ListStackResources: onStack("ListStackResources"),
  DescribeStackResources: onStack("DescribeStackResources"),
  DescribeStackEvents: onStack("DescribeStackEvents"),
};

const requireRole = (input: QueryNode): string => {
  const name = textAt(input, "RoleName");
  if (name === undefined) throw new UnclearCallError("RoleName is missing");
  return name;
};

export const IAM: Operations<QueryNode> = {
  GetRole: (input, place) => [
    { action: "iam:GetRole", resource: `arn:aws:iam::${place.account}:role/${requireRole(input)}` },
  ],
};

const assumedRole = (input: QueryNode): string => {
  const arn = textAt(input, "RoleArn");
  if (arn === undefined) throw new UnclearCallError("RoleArn is missing");
  return arn;
};

/** What the engine could not judge: tags of the session, and policies by their ARN. */
const refuseUnknown = (input: QueryNode): void => {
  const fields = Object.keys(input).filter((name) => !ASSUME_FIELDS.includes(name));
  if (fields.length > 0) throw new UnclearCallError(`AssumeRole with ${fields.join()} is not played`);
};
const ASSUME_FIELDS = ["Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds", "Policy"];

/** Whoever has credentials may ask whose they are. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const STS: Operations<QueryNode> = {
  AssumeRole: (input) => {
    refuseUnknown(input);
    return [{ action: "sts:AssumeRole", resource: assumedRole(input) }];
  },
  GetCallerIdentity: () => [{ action: "sts:GetCallerIdentity", resource: "*", isFree: true }],
};
