import {
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  paginateListRoles,
  type Role,
} from "@aws-sdk/client-iam";
import { defined } from "../../Core/defined";
import type { DeployedRole } from "../gateway";
import { type Policy, parsePolicy } from "../iam";
import { orUndefined } from "./not-found";

const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf("/") + 1);

/** IAM hands documents out percent-encoded. */
const readDocument = (name: string, document: string | undefined): Policy =>
  parsePolicy(name, JSON.parse(decodeURIComponent(document ?? "")));

const inlinePolicies = async (iam: IAMClient, RoleName: string): Promise<readonly Policy[]> => {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  return Promise.all(
    PolicyNames.map(async (PolicyName) => {
      const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      return readDocument(`${RoleName}/${PolicyName}`, PolicyDocument);
    }),
  );
};

const managedPolicy = async (iam: IAMClient, PolicyArn: string): Promise<Policy> => {
  const { Policy: found } = await iam.send(new GetPolicyCommand({ PolicyArn }));
  const VersionId = found?.DefaultVersionId;
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
  return readDocument(nameOf(PolicyArn), PolicyVersion?.Document);
};

const managedPolicies = async (iam: IAMClient, RoleName: string): Promise<readonly Policy[]> => {
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  return Promise.all(AttachedPolicies.map(({ PolicyArn = "" }) => managedPolicy(iam, PolicyArn)));
};

const findRole = async (iam: IAMClient, arn: string): Promise<Role | undefined> => {
  const found = await orUndefined(() => iam.send(new GetRoleCommand({ RoleName: nameOf(arn) })));
  return found?.Role?.Arn === arn ? found.Role : undefined;
};

const boundaryOf = async (iam: IAMClient, { PermissionsBoundary }: Role): Promise<Policy | undefined> => {
  const arn = PermissionsBoundary?.PermissionsBoundaryArn;
  return arn === undefined ? undefined : managedPolicy(iam, arn);
};

/** A role with all that decides what it may do. */
export const readRole = async (iam: IAMClient, arn: string): Promise<DeployedRole | undefined> => {
  const role = await findRole(iam, arn);
  if (role === undefined) return undefined;
  const { RoleName = "", RoleId = "", Tags = [] } = role;
  const [inline, managed, boundary] = await Promise.all([
    inlinePolicies(iam, RoleName),
    managedPolicies(iam, RoleName),
    boundaryOf(iam, role),
  ]);
  const tags = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
  return { arn, id: RoleId, identity: [...inline, ...managed], tags, ...defined({ boundary }) };
};

/** A role's trust policy. None of a role that is not deployed: it may be asked for, and nobody may assume it. */
export const readTrust = async (iam: IAMClient, arn: string): Promise<readonly Policy[]> => {
  const role = await findRole(iam, arn);
  if (role === undefined) return [];
  return [readDocument(`${role.RoleName}/trust`, role.AssumeRolePolicyDocument)];
};

export const readProfileRole = async (iam: IAMClient, profileArn: string): Promise<string | undefined> => {
  const asked = { InstanceProfileName: nameOf(profileArn) };
  const found = await orUndefined(() => iam.send(new GetInstanceProfileCommand(asked)));
  return found?.InstanceProfile?.Roles?.[0]?.Arn;
};

/** The ARNs of all roles. */
export const listRoles = async (iam: IAMClient): Promise<readonly string[]> => {
  const arns: string[] = [];
  for await (const { Roles = [] } of paginateListRoles({ client: iam }, {}))
    arns.push(...Roles.flatMap(({ Arn }) => Arn ?? []));
  return arns;
};
