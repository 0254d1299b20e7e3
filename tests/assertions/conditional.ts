import { at, calledName, isCall, isExpect, type Node, type Source, walk } from "./syntax";

/** `child` is done only sometimes when `node` is. */
const isSometimes = (node: Node, child: Node): boolean => {
  switch (node.type) {
    case "IfStatement":
    case "ConditionalExpression":
    case "SwitchCase":
      return child !== node.test;
    case "LogicalExpression":
      return child === node.right;
    case "CatchClause":
      return true;
    default:
      return isCall(node) && calledName(node) === "catch" && child !== node.callee;
  }
};

/** Expectations that hold where nothing was expected: under a condition, or where something is thrown. */
export const conditionalExpectations = (source: Source): readonly string[] => {
  const found: string[] = [];
  walk(source.program, (node, above) => {
    const path = [...above, node];
    const isFound = isExpect(node) && above.some((one, index) => isSometimes(one, path[index + 1] ?? node));
    if (isFound) found.push(at(source, node));
  });
  return found;
};
