import { type ConditionEntry, parseConditionEntry } from "./condition-block";
import { type Pattern, parsePattern } from "./pattern";
import type { Element, Policy, Statement } from "./policy";
import { PolicyError } from "./policy-error";
import { type PrincipalEntry, parsePrincipals } from "./principal-element";

type Fields = Readonly<Record<string, unknown>>;

const STATEMENT_FIELDS = new Set([
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Principal",
  "NotPrincipal",
  "Condition",
]);

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const asFields = (value: unknown, what: string): Fields => {
  if (!isFields(value)) throw new PolicyError(`${what} is not a map`);
  return value;
};

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** Numbers and booleans may stand without quotes in a condition. */
const asTexts = (value: unknown, what: string): readonly string[] =>
  asList(value).map((item) => {
    if (typeof item === "string" || typeof item === "number" || typeof item === "boolean")
      return String(item);
    throw new PolicyError(`${what} holds something that is not a text`);
  });

/** The plain or the `Not…` form of an element; undefined when there is neither. */
const element = <Entry>(
  fields: Fields,
  name: string,
  parse: (value: unknown) => readonly Entry[],
): Element<Entry> | undefined => {
  const plain = fields[name];
  const negated = fields[`Not${name}`];
  if (plain !== undefined && negated !== undefined)
    throw new PolicyError(`${name} and Not${name} exclude each other`);
  if (plain === undefined && negated === undefined) return undefined;
  const entries = parse(plain ?? negated);
  if (entries.length === 0) throw new PolicyError(`${name} lists nothing`);
  return { isNegated: negated !== undefined, entries };
};

const parseConditions = (value: unknown, hasVariables: boolean): readonly ConditionEntry[] =>
  value === undefined
    ? []
    : Object.entries(asFields(value, "Condition")).flatMap(([operator, keys]) =>
        Object.entries(asFields(keys, operator)).map(([key, texts]) =>
          parseConditionEntry(operator, key, asTexts(texts, `${operator} of ${key}`), hasVariables),
        ),
      );

const parseActions = (value: unknown): readonly Pattern[] =>
  asTexts(value, "Action").map((text) => {
    if (text !== "*" && !/^[a-z0-9-]+:[\w*?]+$/i.test(text)) throw new PolicyError(`${text} is no action`);
    return parsePattern(text, { hasVariables: false, isCaseInsensitive: true });
  });

const parseResources =
  (hasVariables: boolean) =>
  (value: unknown): readonly Pattern[] =>
    asTexts(value, "Resource").map((text) => {
      if (text !== "*" && !text.startsWith("arn:")) throw new PolicyError(`${text} is no resource`);
      return parsePattern(text, { hasVariables });
    });

const parseEffect = (value: unknown): Statement["effect"] => {
  if (value !== "Allow" && value !== "Deny") throw new PolicyError("Effect is neither Allow nor Deny");
  return value;
};

const refuseUnknownFields = (fields: Fields): void => {
  const unknown = Object.keys(fields).filter((name) => !STATEMENT_FIELDS.has(name));
  if (unknown.length > 0) throw new PolicyError(`A statement has the element ${unknown.join(", ")}`);
};

const parseStatement = (value: unknown, index: number, hasVariables: boolean): Statement => {
  const fields = asFields(value, `Statement ${index}`);
  refuseUnknownFields(fields);
  const effect = parseEffect(fields.Effect);
  const actions = element(fields, "Action", parseActions);
  if (actions === undefined) throw new PolicyError("A statement names no action");
  const resources = element(fields, "Resource", parseResources(hasVariables));
  const principals = element<PrincipalEntry>(fields, "Principal", parsePrincipals);
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
  if (effect === "Allow" && principals?.isNegated) throw new PolicyError("NotPrincipal goes with Deny alone");
  return {
    id: typeof fields.Sid === "string" ? fields.Sid : `#${index}`,
    effect,
    actions,
    conditions: parseConditions(fields.Condition, hasVariables),
    ...(resources ? { resources } : {}),
    ...(principals ? { principals } : {}),
  };
};

const parseDocument = (document: unknown): readonly Statement[] => {
  const fields = asFields(document, "The policy");
  const version = fields.Version ?? "2008-10-17";
  if (version !== "2012-10-17" && version !== "2008-10-17")
    throw new PolicyError(`There is no version ${version}`);
  return asList(fields.Statement ?? []).map((statement, index) =>
    parseStatement(statement, index, version === "2012-10-17"),
  );
};

/**
 * Reads a policy document and refuses what could not be judged later.
 *
 * @param name for messages, e.g. `ReconcilerRole/ledger`
 * @throws PolicyError that names the policy and what is wrong with it
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export const parsePolicy = (name: string, document: unknown): Policy => {
  try {
    return { name, statements: parseDocument(document) };
  } catch (error) {
    if (error instanceof PolicyError)
      throw new PolicyError(`Policy ${name}: ${error.message}`, { cause: error });
    throw error;
  }
};
