import { at, isNode, nodesOf, rootName, type Source } from "./syntax";

/** Tests that are left out, or all others left out, other than by `tests/needs.ts`, which says why. */
export const silentSkips = (source: Source): readonly string[] =>
  source.path === "tests/needs.ts"
    ? []
    : nodesOf(source.program, (node) => {
        const { type, object, property } = node;
        const isOfTests = ["it", "test", "describe"].includes(rootName(object) ?? "");
        const named = isNode(property) ? String(property.name) : "";
        return type === "MemberExpression" && isOfTests && ["skip", "only", "todo", "skipIf"].includes(named);
      }).map((node) => at(source, node));
