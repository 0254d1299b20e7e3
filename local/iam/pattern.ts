import { isMultivalued, requireKnownKey } from "./condition-keys";
import type { ConditionContext } from "./context";
import { valuesOf } from "./context";
import { PolicyError } from "./policy-error";

/** A piece of a policy's text: literal, wildcard, or a variable that the request fills in. */
export type PatternPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "any-run" }
  | { readonly kind: "any-one" }
  | { readonly kind: "variable"; readonly key: string; readonly fallback?: string };

/** A text of a policy, e.g. of `Resource`, with its wildcards and variables. */
export interface Pattern {
  readonly source: string;
  readonly parts: readonly PatternPart[];
  /** Only where nothing has to be filled in. */
  readonly regex?: RegExp;
  readonly isCaseInsensitive: boolean;
}

export interface PatternSettings {
  /** Policies of version 2012-10-17 know variables; in older ones they are plain text. */
  readonly hasVariables: boolean;
  readonly isCaseInsensitive?: boolean;
}

/** `${*}`, `${?}` and `${$}` stand for the character itself. */
const LITERALS = ["*", "?", "$"];

const variable = (inner: string): PatternPart => {
  if (LITERALS.includes(inner)) return { kind: "text", text: inner };
  const match = /^([^,\s']+)\s*(?:,\s*'([^']*)')?$/.exec(inner.trim());
  const key = match?.[1];
  if (key === undefined) throw new PolicyError(`The policy variable \${${inner}} is not well formed`);
  requireKnownKey(key);
  if (isMultivalued(key)) throw new PolicyError(`${key} has many values and cannot be a policy variable`);
  return { kind: "variable", key, ...(match?.[2] === undefined ? {} : { fallback: match[2] }) };
};

const wildcard = (character: string): PatternPart | undefined =>
  character === "*" ? { kind: "any-run" } : character === "?" ? { kind: "any-one" } : undefined;

const PIECES_WITH_VARIABLES = /\$\{([^}]*)\}|[*?]|[^*?$]+|\$/g;
const PIECES = /[*?]|[^*?]+/g;

const toRegex = (parts: readonly PatternPart[], isCaseInsensitive: boolean): RegExp => {
  const inner = parts.map((part) => {
    if (part.kind === "any-run") return ".*";
    if (part.kind === "any-one") return ".";
    return part.kind === "text" ? part.text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&") : "";
  });
  return new RegExp(`^${inner.join("")}$`, isCaseInsensitive ? "is" : "s");
};

/**
 * Reads a text of a policy.
 * @throws PolicyError for a variable that is malformed, unknown or multivalued
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export const parsePattern = (
  source: string,
  { hasVariables, isCaseInsensitive = false }: PatternSettings,
): Pattern => {
  const pieces = [...source.matchAll(hasVariables ? PIECES_WITH_VARIABLES : PIECES)];
  const parts = pieces.map(
    ([text, inner]): PatternPart =>
      inner === undefined ? (wildcard(text) ?? { kind: "text", text }) : variable(inner),
  );
  const isConstant = parts.every(({ kind }) => kind !== "variable");
  return {
    source,
    parts,
    isCaseInsensitive,
    ...(isConstant ? { regex: toRegex(parts, isCaseInsensitive) } : {}),
  };
};

/** The variables filled in, as literal text; undefined when the request does not carry one of them. */
const filled = (
  parts: readonly PatternPart[],
  context: ConditionContext,
): readonly PatternPart[] | undefined => {
  const known = parts.map((part): PatternPart | undefined => {
    if (part.kind !== "variable") return part;
    const text = valuesOf(context, part.key)?.[0] ?? part.fallback;
    return text === undefined ? undefined : { kind: "text", text };
  });
  return known.every((part) => part !== undefined) ? known : undefined;
};

/** Whether a text fits, wildcards counting. A variable without value fits nothing. */
export const fits = (pattern: Pattern, text: string, context: ConditionContext): boolean => {
  if (pattern.regex) return pattern.regex.test(text);
  const parts = filled(pattern.parts, context);
  return parts !== undefined && toRegex(parts, pattern.isCaseInsensitive).test(text);
};

/** The plain text, wildcards being ordinary characters; undefined when a variable has no value. */
export const plainText = (pattern: Pattern, context: ConditionContext): string | undefined =>
  filled(pattern.parts, context)
    ?.map((part) => (part.kind === "text" ? part.text : part.kind === "any-run" ? "*" : "?"))
    .join("");
