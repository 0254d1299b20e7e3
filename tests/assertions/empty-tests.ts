import { dirname, join, normalize } from "node:path";
import {
  at,
  calledName,
  isCall,
  isExpect,
  isNode,
  type Node,
  nodesOf,
  rootName,
  type Source,
} from "./syntax";

/** A file's functions by name, and where the names that it imports come from. */
interface Names {
  readonly functions: ReadonlyMap<string, Node>;
  readonly imports: ReadonlyMap<string, { readonly path: string; readonly name: string }>;
}

const FUNCTIONS = ["ArrowFunctionExpression", "FunctionExpression", "FunctionDeclaration", "ObjectMethod"];

const nameIn = (node: unknown): string => (isNode(node) && typeof node.name === "string" ? node.name : "");

const functionsOf = ({ program }: Source): ReadonlyMap<string, Node> =>
  new Map(
    nodesOf(program, ({ type }) => [...FUNCTIONS, "VariableDeclarator", "ClassMethod"].includes(type)).map(
      (node) => [nameIn(node.id ?? node.key), node] as const,
    ),
  );

const importsOf = ({ path, program }: Source): Names["imports"] =>
  new Map(
    nodesOf(program, ({ type }) => type === "ImportDeclaration").flatMap(({ source, specifiers }) => {
      const from = String((source as Node).value);
      const file = from.startsWith(".") ? `${normalize(join(dirname(path), from))}.ts` : from;
      return (specifiers as Node[]).map(
        ({ local, imported }) =>
          [nameIn(local), { path: file, name: nameIn(imported) || nameIn(local) }] as const,
      );
    }),
  );

/** Whether something asserts, itself or by what it calls. */
export class Assertions {
  readonly #names = new Map<string, Names>();
  readonly #known = new Map<string, boolean>();

  constructor(sources: readonly Source[]) {
    for (const source of sources)
      this.#names.set(source.path, { functions: functionsOf(source), imports: importsOf(source) });
  }

  /** `expect`, a property, or a call or mention of a function that asserts. */
  within(path: string, node: Node): boolean {
    return (
      nodesOf(node, (one) => isExpect(one) || (isCall(one) && this.#isProperty(one))).length > 0 ||
      nodesOf(node, ({ type }) => type === "Identifier").some(({ name }) => this.#asserts(path, String(name)))
    );
  }

  #isProperty(call: Node): boolean {
    return rootName(call.callee) === "fc" && ["assert", "check"].includes(calledName(call) ?? "");
  }

  #asserts(path: string, name: string): boolean {
    const key = `${path} ${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // Until it is known: what calls itself does not assert for that.
    this.#known.set(key, false);
    const { functions, imports } = this.#names.get(path) ?? {};
    const [own, imported] = [functions?.get(name), imports?.get(name)];
    const asserts =
      own === undefined
        ? imported !== undefined && this.#asserts(imported.path, imported.name)
        : this.within(path, own);
    this.#known.set(key, asserts);
    return asserts;
  }
}

const hasFunction = ({ arguments: given }: Node): boolean =>
  (given as unknown[]).filter(isNode).length >= 2 && rootName((given as Node[])[1]) !== "it";

/** Tests that cannot fail but by an exception. */
export const emptyTests = (source: Source, assertions: Assertions): readonly string[] =>
  nodesOf(source.program, (node) => isCall(node) && rootName(node.callee) === "it")
    .filter(hasFunction)
    .filter((node) => !assertions.within(source.path, node))
    .map((node) => at(source, node));
