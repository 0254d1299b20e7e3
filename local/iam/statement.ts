import { isMet } from "./condition-block";
import type { ConditionContext } from "./context";
import { fits, type Pattern } from "./pattern";
import type { Element, Policy, Statement } from "./policy";
import { type Principal, type Reach, reachOf } from "./principal-element";

/** One thing that somebody wants to do to one resource. */
export interface Question {
  /** e.g. `dynamodb:GetItem` */
  readonly action: string;
  /** An ARN; `*` for an action that knows no resource. */
  readonly resource: string;
  readonly context: ConditionContext;
}

const listed = (element: Element<Pattern>, text: string, context: ConditionContext): boolean =>
  element.entries.some((pattern) => fits(pattern, text, context)) !== element.isNegated;

const isAbout = (statement: Statement, { action, resource, context }: Question): boolean =>
  listed(statement.actions, action, context) &&
  (statement.resources === undefined || listed(statement.resources, resource, context));

/** Whether a statement of an identity, boundary or session policy applies. */
export const applies = (statement: Statement, question: Question): boolean =>
  isAbout(statement, question) && statement.conditions.every((entry) => isMet(entry, question.context));

const STRENGTH: readonly Reach[] = ["none", "account", "anyone", "identity", "session"];

const strongest = (reaches: readonly Reach[]): Reach =>
  reaches.reduce((one, other) => (STRENGTH.indexOf(other) > STRENGTH.indexOf(one) ? other : one), "none");

/** The names under which a principal has to be listed to be exempt from a `NotPrincipal`. */
const namesOf = (principal: Principal): readonly Principal[] => {
  if (principal.kind !== "role-session") return [principal];
  const { roleArn, sessionArn, account } = principal;
  const asUser = (arn: string): Principal => ({ kind: "user", arn, account });
  return [asUser(roleArn), asUser(sessionArn)];
};

/**
 * `NotPrincipal` spares whom it lists in full: role, session and account.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
const isSpared = (statement: Statement, principal: Principal): boolean => {
  const entries = statement.principals?.entries ?? [];
  const isNamed = namesOf(principal).every((name) =>
    entries.some((entry) => ["identity", "session", "anyone"].includes(reachOf(entry, name))),
  );
  const hasAccount =
    principal.kind === "service" ||
    entries.some((entry) => ["account", "anyone"].includes(reachOf(entry, principal)));
  return isNamed && hasAccount;
};

/** How a statement of a resource's policy reaches who asks; `none` when it does not apply. */
export const reachOfStatement = (statement: Statement, principal: Principal, question: Question): Reach => {
  const { principals } = statement;
  if (principals === undefined || !applies(statement, question)) return "none";
  if (principals.isNegated) return isSpared(statement, principal) ? "none" : "anyone";
  return strongest(principals.entries.map((entry) => reachOf(entry, principal)));
};

/** A statement, with the policy that it stands in. */
export interface Found {
  readonly policy: string;
  readonly statement: string;
}

/** The statements of identity-like policies that apply. */
export const find = (
  policies: readonly Policy[],
  effect: Statement["effect"],
  question: Question,
): readonly Found[] =>
  policies.flatMap((policy) =>
    policy.statements
      .filter((statement) => statement.effect === effect && applies(statement, question))
      .map((statement) => ({ policy: policy.name, statement: statement.id })),
  );
