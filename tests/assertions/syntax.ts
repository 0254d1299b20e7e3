import { parse } from "@babel/parser";

/** A node of a syntax tree, as far as the rules look at it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
  readonly [field: string]: unknown;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly program: Node;
}

export const readSource = (path: string, text: string): Source => ({
  path,
  text,
  program: parse(text, { sourceType: "module", plugins: ["typescript"] }).program as unknown as Node,
});

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

const LEFT_OUT = new Set(["leadingComments", "trailingComments", "innerComments", "loc", "extra"]);

const childrenOf = (node: Node): readonly Node[] => {
  const children: Node[] = [];
  for (const field in node) {
    const value = node[field];
    if (typeof value !== "object" || value === null || LEFT_OUT.has(field)) continue;
    if (Array.isArray(value)) children.push(...value.filter(isNode));
    else if (isNode(value)) children.push(value);
  }
  return children;
};

/** Calls `visit` for a node and all below it, with the nodes above, outermost first. */
export const walk = (
  node: Node,
  visit: (node: Node, above: readonly Node[]) => void,
  above: readonly Node[] = [],
): void => {
  visit(node, above);
  const path = [...above, node];
  for (const child of childrenOf(node)) walk(child, visit, path);
};

/** A node and all below it that are wanted. */
export const nodesOf = (node: Node, isWanted: (node: Node) => boolean): readonly Node[] => {
  const found: Node[] = [];
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isWanted(next)) found.push(next);
    open.push(...childrenOf(next).toReversed());
  }
  return found;
};

/** The name that a chain of calls and members begins with: `it` of `it.each(rows)("…", …)`. */
export const rootName = (node: unknown): string | undefined => {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier") return node.name as string;
  return rootName(node.callee ?? node.object ?? node.tag);
};

/** The last name of a called function: `toBe` of `expect(a).toBe(b)`, `expect` of `expect(a)`. */
export const calledName = ({ callee }: Node): string | undefined => {
  if (!isNode(callee)) return undefined;
  const named = callee.type === "MemberExpression" ? callee.property : callee;
  return isNode(named) && named.type === "Identifier" ? (named.name as string) : undefined;
};

export const isCall = ({ type }: Node): boolean => type === "CallExpression";

export const isExpect = (node: Node): boolean =>
  isCall(node) && isNode(node.callee) && node.callee.type === "Identifier" && node.callee.name === "expect";

export const at = ({ path }: Source, { loc }: Node): string => `${path}:${loc.start.line}`;
