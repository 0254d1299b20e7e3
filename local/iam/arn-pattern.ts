import type { ConditionContext } from "./context";
import { type Pattern, type PatternPart, plainText } from "./pattern";

const ARN_PARTS = 6;

// Wildcards, marked by characters that no ARN has.
const RUN = "\u0001";
const ONE = "\u0002";

const marked = (part: PatternPart): PatternPart => {
  if (part.kind === "any-run") return { kind: "text", text: RUN };
  return part.kind === "any-one" ? { kind: "text", text: ONE } : part;
};

const toRegexText = (piece: string, any: string): string =>
  piece
    .replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")
    .replaceAll(RUN, `${any}*`)
    .replaceAll(ONE, any);

/** AWS completes an ARN that is too short with wildcards. */
const sixParts = (text: string): readonly string[] => {
  const pieces = text.split(":");
  const missing = Array.from({ length: Math.max(0, ARN_PARTS - pieces.length) }, () => RUN);
  const all = [...pieces, ...missing];
  return [...all.slice(0, ARN_PARTS - 1), all.slice(ARN_PARTS - 1).join(":")];
};

/**
 * Whether an ARN fits, each of the six parts for itself, so that a wildcard stays within its part. `ArnEquals`
 * and `ArnLike` are the same.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export const arnFits = (expected: Pattern, actual: string, context: ConditionContext): boolean => {
  const text = plainText({ ...expected, parts: expected.parts.map(marked) }, context);
  if (text === undefined) return false;
  const parts = sixParts(text);
  const head = parts.slice(0, -1).map((piece) => toRegexText(piece, "[^:]"));
  const tail = toRegexText(parts.at(-1) ?? "", ".");
  return new RegExp(`^${[...head, tail].join(":")}$`, "s").test(actual);
};
