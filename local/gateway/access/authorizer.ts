import {
  type ConditionContext,
  type Decision,
  evaluate,
  type Found,
  type Policies,
  PolicyError,
} from "../../iam";
import type { DeployedRole } from "../deployed";
import { type Need, type Place, UnclearCallError } from "../operations/need";
import { type Caller, callerArn, callerContext, OPERATOR_POLICY, principalOf } from "./caller";

export type AccessVerdict =
  | { readonly kind: "allowed" }
  /** With a sentence like AWS's own. */
  | { readonly kind: "refused"; readonly message: string };

/** One right that was asked for, and the statements that gave it. */
export interface Granted {
  readonly caller: Caller;
  readonly need: Need;
  readonly by: readonly Found[];
}

export interface AuthorizerSettings extends Place {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of each right that was used. */
  readonly onGranted?: (granted: Granted) => void;
}

/** Answers whether a caller may do what a call needs, by what is deployed at this moment. */
export type Authorizer = (
  caller: Caller,
  needs: readonly Need[],
  wire?: ConditionContext,
) => Promise<AccessVerdict>;

const refused = (message: string): AccessVerdict => ({ kind: "refused", message });

const POLICIES: Readonly<Record<string, string>> = {
  boundary: "permissions boundary",
  identity: "identity-based policy",
  resource: "resource-based policy",
  session: "session policy",
};

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const sentence = (
  who: string,
  { action, resource }: Need,
  decision: Decision & { layer: string },
): string => {
  const policy = POLICIES[decision.layer];
  const why =
    decision.kind === "denied"
      ? `with an explicit deny in a ${policy}`
      : `because no ${policy} allows the ${action} action`;
  const on = resource === "*" ? "" : ` on resource: ${resource}`;
  return `User: ${who} is not authorized to perform: ${action}${on} ${why}`;
};

/** The laptop stands in for TLS: what is signed and stays on loopback counts as such. */
const everyCall = ({ now, region }: AuthorizerSettings): ConditionContext => ({
  "aws:CurrentTime": new Date(now()).toISOString(),
  "aws:EpochTime": String(Math.floor(now() / 1_000)),
  "aws:RequestedRegion": region,
  "aws:SecureTransport": "true",
  "aws:SourceIp": "127.0.0.1",
  "aws:ViaAWSService": "false",
});

const resourceContext = async ({ deployed, account }: Place, resource: string): Promise<ConditionContext> => {
  if (resource === "*") return {};
  const [, , service = "", , owner = ""] = resource.split(":");
  const tags = Object.entries(await deployed.tags(resource)).flatMap(([key, value]) => [
    [`aws:ResourceTag/${key}`, value],
    ...(service === "ec2" ? [[`ec2:ResourceTag/${key}`, value]] : []),
  ]);
  return { "aws:ResourceAccount": owner || account, ...Object.fromEntries(tags) };
};

/** Where the policy of the key or role itself has to allow. */
const needsResourcePolicy = ({ action }: Need): boolean =>
  action.startsWith("kms:") || action === "sts:AssumeRole";

const policiesFor = async (
  { deployed, account }: Place,
  caller: Caller,
  role: DeployedRole | undefined,
  need: Need,
): Promise<Policies> => {
  const owner = need.resource.split(":")[4];
  return {
    identity: caller.kind === "operator" ? [OPERATOR_POLICY] : (role?.identity ?? []),
    resource: need.resource === "*" ? [] : await deployed.resourcePolicies(need.resource),
    isResourcePolicyRequired: needsResourcePolicy(need),
    resourceAccount: owner || account,
    ...(role?.boundary ? { boundary: role.boundary } : {}),
    ...(caller.kind === "role" && caller.sessionPolicies ? { session: caller.sessionPolicies } : {}),
  };
};

const readRole = async ({ deployed }: Place, caller: Caller): Promise<DeployedRole | undefined> => {
  if (caller.kind !== "role") return undefined;
  const role = await deployed.role(caller.roleArn);
  if (role === undefined) throw new UnclearCallError(`The role ${caller.roleArn} is not deployed`);
  return role;
};

const isExpected = (error: unknown): error is Error =>
  error instanceof PolicyError || error instanceof UnclearCallError;

/** What cannot be judged is refused, and says why. */
export const refusingUnclear = async (judge: () => Promise<AccessVerdict>): Promise<AccessVerdict> => {
  try {
    return await judge();
  } catch (error) {
    if (isExpected(error)) return refused(`The laptop cannot judge this call: ${error.message}`);
    throw error;
  }
};

export const authorizer = (settings: AuthorizerSettings): Authorizer => {
  const { account, onGranted } = settings;
  const decide = async (
    caller: Caller,
    role: DeployedRole | undefined,
    need: Need,
    common: ConditionContext,
  ): Promise<Decision> => {
    const context = { ...common, ...(await resourceContext(settings, need.resource)), ...need.context };
    const policies = await policiesFor(settings, caller, role, need);
    return evaluate(principalOf(caller, account), policies, { ...need, context });
  };
  return (caller, needs, wire = {}) =>
    refusingUnclear(async () => {
      const role = await readRole(settings, caller);
      const common = { ...everyCall(settings), ...wire, ...callerContext(caller, role, account) };
      for (const need of needs.filter(({ isFree }) => !isFree)) {
        const decision = await decide(caller, role, need, common);
        if (decision.kind !== "allowed") return refused(sentence(callerArn(caller, account), need, decision));
        onGranted?.({ caller, need, by: decision.by });
      }
      return { kind: "allowed" };
    });
};
