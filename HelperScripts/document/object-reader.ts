import type { Node } from "jsonc-parser";
import type { DocumentFinding, SyntaxTree } from "./syntax";

/** A property: its name's place and its value. */
export interface Property {
  readonly nameNode: Node;
  readonly value: Node;
}
/** Own keys only, whatever they are called: a Map has no prototype to pollute (F-67). */
export type DocumentProperties = ReadonlyMap<string, Property>;

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The known word that was probably meant. */
export const closest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > 60) return undefined;
  const near = known
    .map((each) => ({ each, off: distance(word.toLowerCase(), each.toLowerCase()) }))
    .filter(({ off }) => off <= 3)
    .sort((a, b) => a.off - b.off);
  return near[0]?.each;
};

const properties = (node: Node): readonly (Property & { readonly name: string })[] =>
  (node.children ?? []).flatMap((property) => {
    const [nameNode, value] = property.children ?? [];
    return nameNode && value ? [{ name: String(nameNode.value), nameNode, value }] : [];
  });

const unknownField = (where: string, name: string, known: readonly string[]): string => {
  const meant = closest(name, known);
  const field = JSON.stringify(name);
  return meant
    ? `${where} has the unknown field ${field}: did you mean "${meant}"?`
    : `${where} has the unknown field ${field}: known are ${known.join(", ")}`;
};

/** Collects the findings of one document. */
export class Findings {
  readonly all: DocumentFinding[] = [];
  constructor(private readonly tree: SyntaxTree) {}

  add(node: Node, message: string): void {
    this.all.push(this.tree.at(node, message));
  }

  /** The line on which a value begins. */
  lineOf(node: Node): number {
    return this.tree.at(node, "").line;
  }

  /** Reads an object's fields; unknown and repeated ones are findings. `known` undefined: any name will do. */
  fields(node: Node, where: string, known?: readonly string[]): DocumentProperties | undefined {
    if (node.type !== "object") {
      this.add(node, `${where} must be an object`);
      return undefined;
    }
    const found = new Map<string, Property>();
    for (const { name, ...property } of properties(node)) {
      if (found.has(name)) {
        this.add(property.nameNode, `${where} has the field ${JSON.stringify(name)} twice: keep one`);
      } else if (known && !known.includes(name)) {
        this.add(property.nameNode, unknownField(where, name, known));
      } else {
        found.set(name, property);
      }
    }
    return found;
  }
}
