import {
  type Context,
  evaluate,
  type Policies,
  type Policy,
  type Principal,
  parsePolicy,
} from "../../local/iam";
import { asList, asMap, ofType, type Properties, resource, type Template, type Value } from "./read-template";
import { ACCOUNT, type Given, resolve } from "./resolve";

/** A call as IAM sees it. A context key may have many values, or none. */
export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  readonly context?: Context;
}

/** Who asks, where it does not matter who. */
const CALLER: Principal = {
  kind: "role-session",
  roleArn: `arn:aws:iam::${ACCOUNT}:role/caller`,
  sessionArn: `arn:aws:sts::${ACCOUNT}:assumed-role/caller/session`,
  account: ACCOUNT,
};

const parsed = new WeakMap<readonly Properties[], Policy>();

/** Statements of a template as a policy; read once, since tables of cases ask again and again. */
export const policyOf = (statements: readonly Properties[]): Policy => {
  const known = parsed.get(statements);
  if (known !== undefined) return known;
  const policy = parsePolicy("of the template", { Version: "2012-10-17", Statement: [...statements] });
  parsed.set(statements, policy);
  return policy;
};

/** The verdict of the laptop's evaluator on policies of any kind. */
export const permits = (policies: Policies, call: IamRequest, principal: Principal = CALLER): boolean =>
  evaluate(principal, policies, { context: {}, ...call }).kind === "allowed";

/** The verdict on the statements of one identity policy. */
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

/** The policies of the template that a role takes by name. */
const attachedTo = (template: Template, roleId: string): readonly string[] =>
  asList(resource(template, roleId).properties.ManagedPolicyArns).map((arn) => String(asMap(arn).Ref));

/** The statements of a role's own policies and of those that it shares with others, resolved. */
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

const isBoundaryOf = (template: Template, policyId: string): boolean =>
  ofType(template, "AWS::IAM::Role").some(
    ({ properties }) => asMap(properties.PermissionsBoundary).Ref === policyId,
  );

/** All identity policies of a template, with the resource that holds each and whether it is a boundary. */
export const identityPolicies = (
  template: Template,
): readonly { readonly owner: string; readonly isBoundary: boolean; readonly statement: Properties }[] => [
  ...ofType(template, "AWS::IAM::Role").flatMap(({ id }) =>
    roleStatements(template, id).map((statement) => ({ owner: id, isBoundary: false, statement })),
  ),
  ...ofType(template, "AWS::IAM::ManagedPolicy").flatMap(({ id }) =>
    managedStatements(template, id).map((statement) => ({
      owner: id,
      isBoundary: isBoundaryOf(template, id),
      statement,
    })),
  ),
];
