import type { Node } from "jsonc-parser";
import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument } from "yaml";
import { type DocumentFinding, positionsIn, type SyntaxTree } from "../syntax";

/** More levels than any mapping needs; an alias that contains itself has no end. */
const MAX_LEVELS = 20;

class YamlProblem extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

const rangeOf = (node: ParsedNode): Pick<Node, "offset" | "length"> => {
  const [from = 0, to = from] = node.range ?? [];
  return { offset: from, length: to - from };
};

const TYPES: Readonly<Record<string, Node["type"]>> = {
  string: "string",
  number: "number",
  boolean: "boolean",
};

/** A value with its position, as the JSON parser gives it: so one reading serves both. */
const treeOf = (node: ParsedNode | null, document: Document, level = 0): Node => {
  if (node === null) return { type: "null", offset: 0, length: 0, value: null };
  const range = rangeOf(node);
  if (level > MAX_LEVELS) throw new YamlProblem(range.offset, "the document is nested too deeply");
  if (node.tag?.startsWith("!"))
    throw new YamlProblem(range.offset, `the tag ${node.tag} means nothing here`);
  if (isAlias(node))
    return {
      ...treeOf((node.resolve(document) ?? null) as ParsedNode | null, document, level + 1),
      ...range,
    };
  if (isSeq(node)) {
    const children = node.items.map((item) => treeOf(item as ParsedNode, document, level + 1));
    return { type: "array", ...range, children };
  }
  if (isMap(node)) {
    const children = node.items.map(({ key, value }): Node => {
      const name = key as ParsedNode;
      const text = isScalar(name) ? String(name.value) : name.toString();
      const nameNode: Node = { type: "string", ...rangeOf(name), value: text };
      const valueNode = treeOf(value as ParsedNode | null, document, level + 1);
      return { type: "property", ...rangeOf(name), children: [nameNode, valueNode] };
    });
    return { type: "object", ...range, children };
  }
  return { type: TYPES[typeof node.value] ?? "null", ...range, value: node.value };
};

const sentence = (message: string): string =>
  (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");

/** Parses YAML 1.2 and keeps each value's position. Comments, anchors and aliases are known; tags are not. */
export const parseYamlSyntax = (text: string): SyntaxTree => {
  const place = positionsIn(text);
  const at = (node: Node, message: string): DocumentFinding => ({ ...place(node.offset), message });
  const document = parseDocument(text, { uniqueKeys: false });
  const findings = document.errors.map(({ pos: [offset], message }) => ({
    ...place(offset),
    message: sentence(message),
  }));
  if (findings.length > 0) return { root: undefined, findings: findings.slice(0, 1), at };
  if (document.contents === null)
    return { root: undefined, findings: [{ line: 1, column: 1, message: "the document is empty" }], at };
  try {
    return { root: treeOf(document.contents, document), findings: [], at };
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error;
    return { root: undefined, findings: [{ ...place(error.offset), message: error.message }], at };
  }
};
