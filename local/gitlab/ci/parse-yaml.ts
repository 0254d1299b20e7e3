import { type Document, Lexer, parseDocument, Scalar } from "yaml";
import { ApiError } from "../api/api-error";
import { refused } from "./refused";
import { ValueBudget } from "./value-budget";

/** What `!reference [.setup, script]` stands for until it is looked up. */
export class YamlReference {
  constructor(readonly path: readonly string[]) {}
}

const REFERENCE = {
  tag: "!reference",
  collection: "seq" as const,
  resolve: (sequence: { toJSON(): unknown }) =>
    new Scalar(new YamlReference((sequence.toJSON() as unknown[]).map(String))),
};

/** GitLab takes 2 MB of memory, which a text of 200 to 400 KB fills; reading this much takes some seconds. */
const MAX_BYTES = 512 * 1024;
/** A thousand jobs of two hundred values each. */
const MAX_VALUES = 200_000;

/** Of brackets, and of lists within lists in one line: a thousand of them end the process while it parses. */
const MAX_NESTED = 100;

/** A pasted merged file has no header; the source of one with inputs has. */
const OTHER_DOCUMENTS =
  "spec and inputs, which stand before ---, are not read: paste the merged file (Pipeline editor, Full configuration)";

const TOO_DEEP = `The parsed YAML is too big: it is more than ${MAX_NESTED} levels deep`;

/** Of anchors and aliases: the parser looks through all of them for each. */
const MAX_NAMED = 5_000;

/** Reads no more than words, and as far as the limits go. @throws ApiError 400 */
const checkTokens = (text: string): void => {
  let brackets = 0;
  let ofLine = 0;
  let named = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === "[" || token === "{") brackets += 1;
    else if (token === "]" || token === "}") brackets -= 1;
    else if (token === "-" || token === "?") ofLine += 1;
    else if (token.startsWith("\n")) ofLine = 0;
    else if (/^[&*]/.test(token)) named += 1;
    if (brackets > MAX_NESTED || ofLine > MAX_NESTED) throw refused(TOO_DEEP);
    if (named > MAX_NAMED)
      throw refused(`The file is too big: it has more than ${MAX_NAMED} anchors and aliases together`);
  }
};

const problemOf = ({ errors: [problem] }: Document.Parsed): string | undefined => {
  if (problem?.code === "MULTIPLE_DOCS") return OTHER_DOCUMENTS;
  // Indentation, level by level.
  return problem?.message.startsWith("Maximum call stack") ? TOO_DEEP : problem?.message.split("\n")[0];
};

const parsed = (text: string): unknown => {
  const document = parseDocument(text, { merge: true, customTags: [REFERENCE as never], prettyErrors: true });
  const problem = problemOf(document);
  if (problem !== undefined) throw refused(problem);
  // Aliases share one value here. The budget counts them as often as they are used.
  return document.toJS({ maxAliasCount: -1 });
};

/** What the parser throws instead of noting it: an alias without anchor, and too much indentation. */
const asRefused = (error: unknown): unknown => {
  if (error instanceof ApiError || !(error instanceof Error)) return error;
  if (error instanceof RangeError) return refused(TOO_DEEP);
  return error instanceof ReferenceError ? refused(error.message) : error;
};

/**
 * A `.gitlab-ci.yml` as values; JSON is read too, for YAML contains it. Merge keys and `!reference` are known.
 *
 * @throws ApiError 400 with line and column, or with the limit that the text exceeds
 */
export const parseYaml = (text: string): unknown => {
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw refused(`The file is too big: it has more than ${MAX_BYTES / 1024} KiB`);
  checkTokens(text);
  try {
    const value = parsed(text);
    new ValueBudget(MAX_VALUES).spend(value);
    return value;
  } catch (error) {
    throw asRefused(error);
  }
};
