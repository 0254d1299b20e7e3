/** Characters of a line, after which an entry is written over several. */
const WIDTH = 110;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const onOneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${onOneLine(each)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
};

const INDENT = "    ";

/**
 * One entry of a document as people write it: on one line where it fits, else a line a field.
 *
 * @param source how it is written already, which stays
 * @param prefix a class's name
 */
export const entrySource = (value: unknown, source: string | undefined, prefix: string): string => {
  const line = `${INDENT}${prefix}${source ?? onOneLine(value)}`;
  if (source !== undefined || line.length <= WIDTH || !isRecord(value)) return line;
  const fields = Object.entries(value).map(
    ([name, each]) => `${INDENT}  ${JSON.stringify(name)}: ${onOneLine(each)}`,
  );
  return `${INDENT}${prefix}{\n${fields.join(",\n")}\n${INDENT}}`;
};

/** A mapping document's parts, in the order in which they are written; entries as `entrySource` gives them. */
export interface DocumentParts {
  readonly schema?: unknown;
  readonly settings?: string;
  readonly classes: readonly string[];
  readonly jobs: readonly string[];
}

const jobsBlock = (jobs: readonly string[]): string =>
  jobs.length === 0 ? '  "jobs": []' : `  "jobs": [\n${jobs.join(",\n")}\n  ]`;

/** The text of a document. */
export const documentSource = ({ schema, settings, classes, jobs }: DocumentParts): string => {
  const parts = [
    ...(schema === undefined ? [] : [`  "$schema": ${JSON.stringify(schema)}`]),
    ...(settings === undefined ? [] : [`  "settings": ${settings.trimStart()}`]),
    ...(classes.length === 0 ? [] : [`  "classes": {\n${classes.join(",\n")}\n  }`]),
    jobsBlock(jobs),
  ];
  return `{\n${parts.join(",\n")}\n}`;
};
