import { parse } from "@babel/parser";

type Syntax = ReturnType<typeof parse>["program"]["body"][number];

/** A call of `metric` as a source has it. */
export interface MetricCall {
  readonly name: string;
  /** Names of its own dimensions, in their order. */
  readonly dimensions: readonly string[];
  /** Counted under all dimensions together alone, and not under each first part of them (Core/log.ts). */
  readonly isTogether: boolean;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "type") === "string";

const nodesIn = (node: Node): readonly Node[] => [
  node,
  ...Object.values(node)
    .flat()
    .filter(isNode)
    .flatMap((inner) => nodesIn(inner)),
];

const listOf = (node: Node | undefined, field: string): readonly Node[] => {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
};

const nameOf = (node: unknown): string | undefined => {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier") return String(node.name);
  return node.type === "MemberExpression" ? nameOf(node.property) : undefined;
};

const textOf = (node: Node | undefined): string | undefined =>
  node?.type === "StringLiteral" ? String(node.value) : undefined;

/** `{ a, b }`, or the same in a call that leaves out what is undefined. */
const keysOf = (node: Node | undefined): readonly string[] => {
  if (node?.type === "CallExpression") return keysOf(listOf(node, "arguments")[0]);
  return listOf(node, "properties").flatMap((property) => nameOf(property.key) ?? []);
};

const callOf = (node: Node): readonly MetricCall[] => {
  const [first, , dimensions, counted] = listOf(node, "arguments");
  const name = textOf(first);
  if (node.type !== "CallExpression" || nameOf(node.callee) !== "metric" || name === undefined) return [];
  return [{ name, dimensions: keysOf(dimensions), isTogether: textOf(counted) === "together" }];
};

/** The calls of `metric` with a name that a source has written out. */
export const metricCallsIn = (source: string): readonly MetricCall[] => {
  const { body } = parse(source, { sourceType: "module", plugins: ["typescript"] }).program;
  return body.flatMap((statement: Syntax) => nodesIn({ ...statement }).flatMap(callOf));
};
