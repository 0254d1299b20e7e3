import {
  type ConditionContext,
  evaluate,
  type Policies,
  type Policy,
  type Principal,
  parsePolicy,
} from "../../local/iam";
import { asList, asMap, ofType, type Properties, resource, type Template, type Value } from "./read-template";
import { ACCOUNT, type Given, resolve } from "./resolve";

/** A request as IAM evaluates it. A context key may have several values, or none. */
export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  readonly context?: ConditionContext;
}

/** The caller, where it does not matter who calls. */
const CALLER: Principal = {
  kind: "role-session",
  roleArn: `arn:aws:iam::${ACCOUNT}:role/caller`,
  sessionArn: `arn:aws:sts::${ACCOUNT}:assumed-role/caller/session`,
  account: ACCOUNT,
};

const parsed = new WeakMap<readonly Properties[], Policy>();

/** A template's statements as a policy; parsed once, since tables of cases use it often. */
export const policyOf = (statements: readonly Properties[]): Policy => {
  const known = parsed.get(statements);
  if (known !== undefined) return known;
  const policy = parsePolicy("of the template", { Version: "2012-10-17", Statement: [...statements] });
  parsed.set(statements, policy);
  return policy;
};

/** Whether policies of any kind allow a request, by the laptop's evaluator. */
export const permits = (policies: Policies, call: IamRequest, principal: Principal = CALLER): boolean =>
  evaluate(principal, policies, { context: {}, ...call }).kind === "allowed";

/** Whether the statements of one identity policy allow a request. */
export const allows = (statements: readonly Properties[], call: IamRequest): boolean =>
  permits({ identity: [policyOf(statements)] }, call);

const statementsOf = (document: Value | undefined): readonly Properties[] =>
  asList(asMap(document).Statement).map(asMap);

export const managedStatements = (
  template: Template,
  policyId: string,
  given: Given = {},
): readonly Properties[] =>
  statementsOf(resolve(template, resource(template, policyId).properties.PolicyDocument, given));

/** The policy that a role's entry names; where a condition chooses between one and none, the one. */
export const policyNamed = (arn: Value | undefined): string => {
  const [, chosen, none] = asList(asMap(arn)["Fn::If"]);
  const isOneOrNone = asMap(none).Ref === "AWS::NoValue";
  return String(asMap(isOneOrNone ? chosen : arn).Ref);
};

/** The template's policies that a role names, those too that a condition adds. */
const attachedTo = (template: Template, roleId: string): readonly string[] =>
  asList(resource(template, roleId).properties.ManagedPolicyArns).map(policyNamed);

/** The resolved statements of a role's own and shared policies. */
export const roleStatements = (
  template: Template,
  roleId: string,
  given: Given = {},
): readonly Properties[] => [
  ...asList(resource(template, roleId).properties.Policies).flatMap((policy) =>
    statementsOf(resolve(template, asMap(policy).PolicyDocument, given)),
  ),
  ...attachedTo(template, roleId).flatMap((policyId) => managedStatements(template, policyId, given)),
];

/** All identity policies of a template, boundaries too, with the resource that holds each. */
export const identityPolicies = (
  template: Template,
): readonly { readonly owner: string; readonly statement: Properties }[] => [
  ...ofType(template, "AWS::IAM::Role").flatMap(({ id }) =>
    roleStatements(template, id).map((statement) => ({ owner: id, statement })),
  ),
  ...ofType(template, "AWS::IAM::ManagedPolicy").flatMap(({ id }) =>
    managedStatements(template, id).map((statement) => ({ owner: id, statement })),
  ),
];
