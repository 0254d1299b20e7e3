import { type ConditionContext, type Policy, type Principal, parsePolicy } from "../../iam";
import type { DeployedRole } from "../deployed";

/** Who holds a set of credentials, or in whose name the engine acts. */
export type Caller =
  /** The developer's own tools: the command line, SAM, the AWS CLI. */
  | { readonly kind: "operator" }
  /** A session of a deployed role: a function, an instance, a workflow, a rule or a schedule. */
  | {
      readonly kind: "role";
      readonly roleArn: string;
      /** A function's name, an instance's id, … */
      readonly sessionName: string;
      /** The function whose code calls. */
      readonly functionArn?: string;
      /** What the session was narrowed to when it was taken. */
      readonly sessionPolicies?: readonly Policy[];
    }
  /** A service in its own name; most say on behalf of which of their resources. */
  | { readonly kind: "service"; readonly service: string; readonly sourceArn?: string };

/** The operator may do everything that no resource's policy denies. */
export const OPERATOR_POLICY = parsePolicy("operator", {
  Version: "2012-10-17",
  Statement: [{ Sid: "Everything", Effect: "Allow", Action: "*", Resource: "*" }],
});

const roleName = (arn: string): string => arn.slice(arn.lastIndexOf("/") + 1);

export const principalOf = (caller: Caller, account: string): Principal => {
  if (caller.kind === "service") return { kind: "service", service: caller.service };
  if (caller.kind === "operator")
    return { kind: "user", arn: `arn:aws:iam::${account}:user/operator`, account };
  return {
    kind: "role-session",
    roleArn: caller.roleArn,
    sessionArn: `arn:aws:sts::${account}:assumed-role/${roleName(caller.roleArn)}/${caller.sessionName}`,
    account,
  };
};

/** The ARN that refusals name. */
export const callerArn = (caller: Caller, account: string): string => {
  const principal = principalOf(caller, account);
  if (principal.kind === "service") return principal.service;
  return principal.kind === "user" ? principal.arn : principal.sessionArn;
};

const accountOf = (arn: string): string => arn.split(":")[4] ?? "";

const ofService = (service: string, sourceArn: string | undefined): ConditionContext => ({
  "aws:PrincipalIsAWSService": "true",
  "aws:PrincipalServiceName": service,
  "aws:PrincipalServiceNamesList": [service],
  ...(sourceArn ? { "aws:SourceArn": sourceArn, "aws:SourceAccount": accountOf(sourceArn) } : {}),
});

const tagKeys = (prefix: string, tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]));

const ofRole = (
  caller: Caller & { kind: "role" },
  role: DeployedRole,
  account: string,
): ConditionContext => ({
  "aws:PrincipalIsAWSService": "false",
  "aws:PrincipalAccount": account,
  "aws:PrincipalArn": role.arn,
  "aws:PrincipalType": "AssumedRole",
  "aws:userid": `${role.id}:${caller.sessionName}`,
  ...tagKeys("aws:PrincipalTag", role.tags),
  ...(caller.functionArn ? { "lambda:SourceFunctionArn": caller.functionArn } : {}),
});

const ofOperator = (account: string): ConditionContext => ({
  "aws:PrincipalIsAWSService": "false",
  "aws:PrincipalAccount": account,
  "aws:PrincipalArn": `arn:aws:iam::${account}:user/operator`,
  "aws:PrincipalType": "User",
  "aws:userid": "AIDALAPTOPOPERATOR",
  "aws:username": "operator",
});

/** What every call of a caller carries. */
export const callerContext = (
  caller: Caller,
  role: DeployedRole | undefined,
  account: string,
): ConditionContext => {
  if (caller.kind === "service") return ofService(caller.service, caller.sourceArn);
  return caller.kind === "role" && role ? ofRole(caller, role, account) : ofOperator(account);
};
