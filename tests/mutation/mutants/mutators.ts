import {
  isArrowFunction,
  isAwaitExpression,
  isBinaryExpression,
  isBlock,
  isConditionalExpression,
  isIfStatement,
  isNumericLiteral,
  isReturnStatement,
  isStringLiteral,
  type Node,
  SyntaxKind,
} from "typescript/unstable/ast";

/** A stretch of a file's text, and what is put in its place. */
export interface CodeChange {
  /** What kind of fault this is; mutants are drawn evenly among kinds. */
  readonly kind: string;
  /** First and last character, the last excluded. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const OPPOSITES: Readonly<Partial<Record<SyntaxKind, string>>> = {
  [SyntaxKind.LessThanToken]: ">=",
  [SyntaxKind.LessThanEqualsToken]: ">",
  [SyntaxKind.GreaterThanToken]: "<=",
  [SyntaxKind.GreaterThanEqualsToken]: "<",
  [SyntaxKind.EqualsEqualsEqualsToken]: "!==",
  [SyntaxKind.ExclamationEqualsEqualsToken]: "===",
};
const BOUNDARIES: Readonly<Partial<Record<SyntaxKind, string>>> = {
  [SyntaxKind.LessThanToken]: "<=",
  [SyntaxKind.LessThanEqualsToken]: "<",
  [SyntaxKind.GreaterThanToken]: ">=",
  [SyntaxKind.GreaterThanEqualsToken]: ">",
};
const LOGIC: Readonly<Partial<Record<SyntaxKind, string>>> = {
  [SyntaxKind.AmpersandAmpersandToken]: "||",
  [SyntaxKind.BarBarToken]: "&&",
};

const replace = (kind: string, node: Node, text: string): CodeChange => ({
  kind,
  start: node.getStart(),
  end: node.end,
  text,
});

const negated = (condition: Node): CodeChange =>
  replace("condition negated", condition, `!(${condition.getText()})`);

const operators = (node: Node): readonly CodeChange[] => {
  if (!isBinaryExpression(node)) return [];
  const { operatorToken: token } = node;
  const kinds = [
    ["comparison flipped", OPPOSITES[token.kind]],
    ["boundary moved", BOUNDARIES[token.kind]],
    ["&& and || swapped", LOGIC[token.kind]],
  ] as const;
  return kinds.flatMap(([kind, text]) => (text === undefined ? [] : [replace(kind, token, text)]));
};

const conditions = (node: Node): readonly CodeChange[] => {
  if (isIfStatement(node)) return [negated(node.expression)];
  return isConditionalExpression(node) ? [negated(node.condition)] : [];
};

const results = (node: Node): readonly CodeChange[] => {
  const result = isReturnStatement(node) ? node.expression : isArrowFunction(node) ? node.body : undefined;
  if (result === undefined || isBlock(result) || result.getText() === "undefined") return [];
  return [replace("undefined returned", result, "undefined as never")];
};

const waits = (node: Node): readonly CodeChange[] =>
  isAwaitExpression(node) ? [replace("await dropped", node, node.expression.getText())] : [];

/** Strings that are no value of the program: module names and types. */
const NO_VALUES = new Set([
  SyntaxKind.ImportDeclaration,
  SyntaxKind.ExportDeclaration,
  SyntaxKind.ImportSpecifier,
  SyntaxKind.LiteralType,
]);
/** `import("./sdk")`: without it the function does not load, which says nothing of a test. */
const isModuleName = (node: Node): boolean =>
  NO_VALUES.has(node.parent.kind) || node.parent.getText().startsWith("import(");

const literals = (node: Node): readonly CodeChange[] => {
  if (isNumericLiteral(node) && node.parent.kind !== SyntaxKind.LiteralType) {
    return [
      replace(
        "number tenfold",
        node,
        Number(node.getText().replaceAll("_", "")) === 0 ? "1" : `(${node.getText()} * 10)`,
      ),
    ];
  }
  if (!isStringLiteral(node) || isModuleName(node)) return [];
  return [replace("string changed", node, node.getText() === '""' ? '"changed"' : '""')];
};

const MUTATORS = [operators, conditions, results, waits, literals];

/** All faults that can be put into a file: comparisons, boundaries, logic, conditions, results, waits and literals. */
export const changesIn = (root: Node): readonly CodeChange[] => {
  const changes: CodeChange[] = [];
  const visit = (node: Node): void => {
    for (const mutate of MUTATORS) changes.push(...mutate(node));
    node.forEachChild(visit);
  };
  visit(root);
  return changes;
};
