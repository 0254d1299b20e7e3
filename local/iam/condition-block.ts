import { COMPARISONS, NEGATIONS, type OperatorComparison } from "./comparisons";
import { isMultivalued, requireKnownKey } from "./condition-keys";
import { type ConditionContext, valuesOf } from "./context";
import { type Pattern, parsePattern } from "./pattern";
import { PolicyError } from "./policy-error";

type SetQualifier = "ForAllValues" | "ForAnyValue";

interface Operator {
  readonly qualifier?: SetQualifier;
  readonly compare: OperatorComparison;
  readonly isNegated: boolean;
  /** `…IfExists`: holds when the request does not carry the key. */
  readonly isOptional: boolean;
}

/** One key of a `Condition` block under one operator. */
export type ConditionEntry =
  | { readonly kind: "null"; readonly key: string; readonly isAbsent: boolean }
  | {
      readonly kind: "compare";
      readonly key: string;
      readonly operator: Operator;
      readonly expected: readonly Pattern[];
    };

const parseOperator = (name: string): Operator => {
  const match = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name);
  const [, qualifier, plain = "", optional] = match ?? [];
  const isNegated = Object.hasOwn(NEGATIONS, plain);
  const positive = isNegated ? (NEGATIONS[plain] ?? "") : plain;
  const compare = Object.hasOwn(COMPARISONS, positive) ? COMPARISONS[positive] : undefined;
  if (compare === undefined) throw new PolicyError(`The condition operator ${name} is not known here`);
  return {
    compare,
    isNegated,
    isOptional: optional !== undefined,
    ...(qualifier === "ForAllValues" || qualifier === "ForAnyValue" ? { qualifier } : {}),
  };
};

const parseNull = (key: string, values: readonly string[]): ConditionEntry => {
  const [value, ...others] = values;
  if (others.length > 0 || (value !== "true" && value !== "false")) {
    throw new PolicyError(`Null of ${key} takes "true" or "false"`);
  }
  return { kind: "null", key, isAbsent: value === "true" };
};

/**
 * Reads one key under one operator.
 * @throws PolicyError for an operator or key that is not known, and for a multivalued key without set operator
 */
export const parseConditionEntry = (
  operatorName: string,
  key: string,
  values: readonly string[],
  hasVariables: boolean,
): ConditionEntry => {
  requireKnownKey(key);
  if (operatorName === "Null") return parseNull(key, values);
  const operator = parseOperator(operatorName);
  if (operator.qualifier === undefined && isMultivalued(key)) {
    throw new PolicyError(
      `${key} has many values: ${operatorName} needs ForAllValues: or ForAnyValue: before it`,
    );
  }
  if (values.length === 0) throw new PolicyError(`${operatorName} of ${key} lists no value`);
  return {
    kind: "compare",
    key,
    operator,
    expected: values.map((text) => parsePattern(text, { hasVariables })),
  };
};

/** Whether one value of the request satisfies an operator against all values of the policy (OR, or NOR). */
const satisfies = (
  entry: ConditionEntry & { kind: "compare" },
  actual: string,
  context: ConditionContext,
): boolean =>
  entry.expected.some((pattern) => entry.operator.compare(pattern, actual, context)) !==
  entry.operator.isNegated;

const compareSet = (
  entry: ConditionEntry & { kind: "compare" },
  values: readonly string[],
  context: ConditionContext,
): boolean => {
  const { qualifier, isOptional } = entry.operator;
  // An empty text counts as no value.
  const given = values.filter((value) => value !== "");
  const holds = (value: string): boolean => satisfies(entry, value, context);
  if (qualifier === "ForAllValues") return given.every(holds);
  return (given.length === 0 && isOptional) || given.some(holds);
};

/**
 * Whether a request meets one entry.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 * @throws PolicyError when a value cannot be read as what the operator compares
 */
export const isMet = (entry: ConditionEntry, context: ConditionContext): boolean => {
  const values = valuesOf(context, entry.key);
  if (entry.kind === "null") return (values === undefined || values.length === 0) === entry.isAbsent;
  const { qualifier, isNegated, isOptional } = entry.operator;
  if (qualifier !== undefined) return compareSet(entry, values ?? [], context);
  const [value, ...others] = values ?? [];
  if (value === undefined) return isNegated || isOptional;
  if (others.length > 0) throw new PolicyError(`The request carries many values of ${entry.key}`);
  return satisfies(entry, value, context);
};
