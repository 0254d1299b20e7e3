import { at, calledName, isCall, isNode, type Node, nodesOf, type Source } from "./syntax";

const COMPARES = /^toBe(?:Greater|Less)Than(?:OrEqual)?$/;

/** Nothing, one, and the thousand of a unit are no thresholds of anybody's choice. */
const PLAIN = new Set([0, 1, 1_000]);

const numbersIn = (node: Node): readonly Node[] =>
  nodesOf(node, ({ type, value }) => type === "NumericLiteral" && !PLAIN.has(value as number));

/** A comment on the line, on the one before the statement, or within it. */
const hasReason = ({ text }: Source, { loc }: Node): boolean => {
  const lines = text.split("\n").slice(Math.max(0, loc.start.line - 2), loc.end.line);
  return lines.some((line) => /^\s*(?:\*|\/\*)|(?:^|\s)\/\/ /.test(line));
};

/** Longer than so much: then something was looked at, and any number says that. */
const isNotEmpty = (call: Node): boolean => {
  const { object } = call.callee as Node;
  const measured = isNode(object) && Array.isArray(object.arguments) ? object.arguments[0] : undefined;
  const property = isNode(measured) ? measured.property : undefined;
  const isSize = isNode(property) && ["length", "size"].includes(String(property.name));
  return isSize && /^toBeGreaterThan/.test(calledName(call) ?? "");
};

/** Comparisons with a bare number and no reason beside it. A constant has its reason where it is named. */
export const bareThresholds = (source: Source): readonly string[] =>
  nodesOf(source.program, (node) => isCall(node) && COMPARES.test(calledName(node) ?? ""))
    .filter(({ arguments: given }) =>
      (given as unknown[]).filter(isNode).some((one) => numbersIn(one).length > 0),
    )
    .filter((node) => !isNotEmpty(node) && !hasReason(source, node))
    .map((node) => {
      const { property } = node.callee as Node;
      return at(source, isNode(property) ? property : node);
    });
