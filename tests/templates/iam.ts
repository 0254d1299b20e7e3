import { asList, asMap, ofType, type Properties, resource, type Template, type Value } from "./read-template";
import { type Given, resolve } from "./resolve";

/** A call as IAM sees it. A context key may have many values, or none. */
export interface Call {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".")}$`,
  );
const matches = (pattern: string, text: string): boolean => wildcard(pattern).test(text);

const equal = (expected: string, actual: string): boolean => expected === actual;
const OPERATORS: Readonly<Record<string, (expected: string, actual: string) => boolean>> = {
  StringEquals: equal,
  StringLike: matches,
  ArnEquals: matches,
  ArnLike: matches,
  Bool: equal,
  NumericLessThanEquals: (expected, actual) => Number(actual) <= Number(expected),
};
/** Operators that hold when none of the values fits. */
const NEGATED: Readonly<Record<string, string>> = {
  ArnNotEquals: "ArnEquals",
  StringNotEquals: "StringEquals",
};

type Context = NonNullable<Call["context"]>;

const filled = (text: string, context: Context): string =>
  text.replace(/\$\{([^}]+)\}/g, (_, key: string) => String(context[key] ?? "\u0000"));

const condition = (operator: string, key: string, expected: readonly string[], context: Context): boolean => {
  const actual = context[key];
  if (operator === "Null") return (actual === undefined) === (expected[0] === "true");
  if (operator.startsWith("ForAllValues:") || operator.startsWith("ForAnyValue:")) {
    const [set, inner = ""] = operator.split(":");
    const values = actual === undefined ? [] : [actual].flat();
    const holds = (value: string): boolean => condition(inner, key, expected, { ...context, [key]: value });
    return set === "ForAllValues" ? values.every(holds) : values.some(holds);
  }
  if (actual === undefined) return operator.endsWith("IfExists") || operator in NEGATED;
  const plain = operator.replace(/IfExists$/, "");
  const test = OPERATORS[NEGATED[plain] ?? plain];
  if (test === undefined) throw new Error(`The condition operator ${operator} is not known here`);
  const one = [actual].flat()[0] ?? "";
  return expected.some((value) => test(filled(value, context), one)) !== plain in NEGATED;
};

const strings = (value: Value | undefined): readonly string[] => asList(value).map(String);

const applies = (statement: Properties, { action, resource: arn, context = {} }: Call): boolean => {
  const acts = (key: string): boolean =>
    strings(statement[key]).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
  const concerns = (key: string): boolean => strings(statement[key]).some((pattern) => matches(pattern, arn));
  const byAction = statement.NotAction === undefined ? acts("Action") : !acts("NotAction");
  const byResource = statement.NotResource === undefined ? concerns("Resource") : !concerns("NotResource");
  const conditions = Object.entries(asMap(statement.Condition)).flatMap(([operator, keys]) =>
    Object.entries(asMap(keys)).map(([key, expected]) => ({ operator, key, expected: strings(expected) })),
  );
  return (
    byAction &&
    byResource &&
    conditions.every(({ operator, key, expected }) => condition(operator, key, expected, context))
  );
};

/** IAM's verdict on statements of one policy: a Deny wins, nothing said is no. */
export const allows = (statements: readonly Properties[], call: Call): boolean => {
  const found = statements.filter((statement) => applies(statement, call));
  return found.some(({ Effect }) => Effect === "Allow") && !found.some(({ Effect }) => Effect === "Deny");
};

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
