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

/** Whoever has credentials may ask whose they are. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const STS: Operations<QueryNode> = {
  GetCallerIdentity: () => [{ action: "sts:GetCallerIdentity", resource: "*", isFree: true }],
};
