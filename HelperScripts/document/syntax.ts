import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";

/** One thing that is wrong with a document, and where: line and column count from 1. */
export interface DocumentFinding {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A parsed document: values with their places. */
export interface SyntaxTree {
  readonly root: Node | undefined;
  readonly findings: readonly DocumentFinding[];
  /** Makes a finding at a value's place. */
  at(node: Node, message: string): DocumentFinding;
}

type Place = (offset: number) => { readonly line: number; readonly column: number };

/** Starts of lines once, then a search by halves: ten thousand rows may each have a finding. */
export const positionsIn = (text: string): Place => {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
};

const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is no JSON value: text belongs in double quotes",
  InvalidNumberFormat: "this is no number",
  PropertyNameExpected: 'a property name in double quotes is missing, or there is a "," too many',
  ValueExpected: 'a value is missing, or there is a "," too many',
  ColonExpected: 'a ":" is missing',
  CommaExpected: 'a "," is missing',
  CloseBraceExpected: 'a "}" is missing',
  CloseBracketExpected: 'a "]" is missing',
  EndOfFileExpected: "something follows after the end of the document",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfString: 'a closing " is missing',
  InvalidEscapeCharacter: "no such escape: a backslash is written \\\\",
  InvalidUnicode: "\\u needs four hexadecimal digits",
  InvalidCharacter: "a control character must be written as an escape, such as \\n",
};

const syntaxMessage = (error: ParseError): string => {
  const code = printParseErrorCode(error.error);
  return SYNTAX_MESSAGES[code] ?? `this is no JSON (${code})`;
};

/** The parser calls itself for each level; what no mapping needs must not break it. */
const parseSafely = (text: string, errors: ParseError[]): Node | undefined | "too deep" => {
  try {
    return parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    if (error instanceof RangeError) return "too deep";
    throw error;
  }
};

/** After one slip the parser stumbles over what follows: one trailing comma is one error. */
const firstOfEachLine = (findings: readonly DocumentFinding[]): readonly DocumentFinding[] =>
  findings.filter(({ line }, index) => findings.findIndex((each) => each.line === line) === index);

const first = (message: string): DocumentFinding => ({ line: 1, column: 1, message });

/** Parses JSON strictly and keeps each value's place. A mark at the file's start (BOM) is passed over. */
export const parseSyntax = (source: string): SyntaxTree => {
  const text = source.startsWith("\ufeff") ? ` ${source.slice(1)}` : source;
  const place = positionsIn(text);
  const errors: ParseError[] = [];
  const root = parseSafely(text, errors);
  const at = (node: Node, message: string): DocumentFinding => ({ ...place(node.offset), message });
  if (root === "too deep") {
    return { root: undefined, findings: [first("the document is nested too deeply")], at };
  }
  const findings = firstOfEachLine(
    errors.map((error) => ({ ...place(error.offset), message: syntaxMessage(error) })),
  );
  const isEmpty = root === undefined && findings.length === 0;
  return { root, findings: isEmpty || text.trim() === "" ? [first("the document is empty")] : findings, at };
};
