import type { Node } from "jsonc-parser";
import { defined } from "../../Core/defined";
import { DEFAULT_CLASS } from "../../Core/routing/classes/default-class";
import { CLASS_SORT_KEY, classRowKey } from "../../Core/routing/mapping-keys";
import { readMapping } from "../../Core/routing/mapping-reading";
import type { StoredRow } from "../../Core/routing/mapping-state";
import type { RoutingSettings } from "../../Core/routing/routing-settings";
import { type ClassEntry, readClassEntry } from "./class-entry";
import { readDefaultClassEntry } from "./default-class-entry";
import { type DocumentFormat, formatOf } from "./document-format";
import { documentText } from "./document-text";
import { type JobEntry, readJobEntry } from "./job-entry";
import { closest, Findings } from "./object-reader";
import { readSettingsEntry, withoutBudgetPaths } from "./settings-entry";
import { swappableRows } from "./swappable-rows";
import { type DocumentFinding, parseSyntax, type SyntaxTree } from "./syntax";
import { parseYamlSyntax } from "./yaml/syntax";

export type { DocumentFinding } from "./syntax";

/** What a document says: rows for the table, everything that is wrong with it, and what deserves a second look. */
export interface DocumentReading {
  /** Complete when `errors` is empty. */
  readonly rows: readonly StoredRow[];
  readonly errors: readonly DocumentFinding[];
  readonly warnings: readonly DocumentFinding[];
  /** Whether it is no JSON at all, so that nothing else could be checked. */
  readonly isBroken: boolean;
  /** The entry behind each row. */
  readonly entries: readonly DocumentEntry[];
}

/** A row, the value that says it, and how messages name it: `jobs[0]`. */
export interface DocumentEntry {
  readonly row: StoredRow;
  readonly node: Node;
  readonly where: string;
  readonly at: Pick<DocumentFinding, "line" | "column">;
}

const DOCUMENT_FIELDS = ["jobs", "classes", "settings", "$schema"];

interface DocumentClasses {
  /** The row of the class `default`, where the document says something of it. */
  readonly ofDefault: readonly Unplaced[];
  readonly names: readonly string[];
  readonly right: ReadonlyMap<string, ClassEntry>;
}

const readClasses = (
  findings: Findings,
  node: Node | undefined,
  settings: RoutingSettings | undefined,
): DocumentClasses => {
  const properties = new Map(node && findings.fields(node, "classes"));
  const ofDefault = properties.get(DEFAULT_CLASS);
  properties.delete(DEFAULT_CLASS);
  const entries = [...properties];
  const read = entries.map(([name, property]) =>
    readClassEntry(findings, name, property.nameNode, property.value, settings),
  );
  const right = read.flatMap((entry) => (entry ? [[entry.name, entry] as const] : []));
  return {
    ofDefault: ofDefault ? readDefaultClassEntry(findings, ofDefault.value) : [],
    names: entries.map(([name]) => name),
    right: new Map(right),
  };
};

const readJobs = (
  findings: Findings,
  root: Node,
  jobs: Node | undefined,
  settings: RoutingSettings | undefined,
): readonly JobEntry[] => {
  if (jobs?.type !== "array") {
    findings.add(jobs ?? root, "jobs must be a list");
    return [];
  }
  return (jobs.children ?? []).flatMap((node, index) => {
    const entry = readJobEntry(findings, node, index, settings?.home);
    return entry ? [entry] : [];
  });
};

/** Why a job and its class do not go together. */
const classProblem = (
  job: JobEntry,
  names: readonly string[],
  classes: ReadonlyMap<string, ClassEntry>,
): string | undefined => {
  const { className } = job;
  if (className === undefined || className === DEFAULT_CLASS) return undefined;
  const found = classes.get(className);
  if (!names.includes(className)) {
    const meant = closest(className, names);
    const hint = meant ? `did you mean ${JSON.stringify(meant)}?` : 'declare it under "classes"';
    return `is ${JSON.stringify(className)}, which this document does not declare: ${hint}`;
  }
  if (found === undefined) return undefined;
  if (found.fields.type !== job.type) {
    return `is ${JSON.stringify(className)}, a class of type ${found.fields.type}, but the job's type is ${job.type}`;
  }
  const isOutside = job.project !== undefined && found.fields.projects?.includes(job.project) === false;
  return isOutside
    ? `is ${JSON.stringify(className)}, whose "projects" leave out project ${job.project}: add it there`
    : undefined;
};

const checkClasses = (
  findings: Findings,
  jobs: readonly JobEntry[],
  { names, right }: DocumentClasses,
): void => {
  for (const job of jobs) {
    const problem = classProblem(job, names, right);
    if (problem) findings.add(job.node, `${job.where}.class ${problem}`);
  }
};

const checkRepeats = (findings: Findings, jobs: readonly JobEntry[]): void => {
  const seen = new Map<string, JobEntry>();
  for (const job of jobs) {
    const key = JSON.stringify([job.pk, job.sk]);
    const earlier = seen.get(key);
    if (earlier) {
      const line = findings.lineOf(earlier.node);
      findings.add(
        job.node,
        `${job.where} has the same project, name and tags as ${earlier.where} on line ${line}: keep one`,
      );
    } else {
      seen.set(key, job);
    }
  }
};

const jobRow = ({ pk, sk, type, arn, className }: JobEntry): StoredRow => ({
  pk,
  sk,
  type,
  ...defined({ arn, class: className }),
});

const classRow = ({ name, fields }: ClassEntry): StoredRow => ({
  ...fields,
  pk: classRowKey(name),
  sk: CLASS_SORT_KEY,
});

export type Unplaced = Omit<DocumentEntry, "at">;

const jobEntry = (job: JobEntry): Unplaced => ({ row: jobRow(job), node: job.node, where: job.where });

const classEntry = (entry: ClassEntry): Unplaced => ({
  row: classRow(entry),
  node: entry.node,
  where: `classes[${JSON.stringify(entry.name)}]`,
});

const placed =
  (tree: SyntaxTree) =>
  (entry: Unplaced): DocumentEntry => {
    const { line, column } = tree.at(entry.node, "");
    return { ...entry, at: { line, column } };
  };

/** What look-up's own reading says of the rows, at the entries that say them. */
const flawsOf = (
  entries: readonly DocumentEntry[],
  tree: SyntaxTree,
  settings: RoutingSettings | undefined,
): { readonly problems: readonly DocumentFinding[]; readonly oddities: readonly DocumentFinding[] } => {
  const byRow = new Map(entries.map((entry) => [withoutBudgetPaths(entry.row), entry]));
  const { flaws } = readMapping([...byRow.keys()], settings);
  const found = flaws.flatMap(({ row, kind, message }) => {
    const entry = byRow.get(row);
    return entry ? [{ kind, finding: tree.at(entry.node, `${entry.where} ${message}`) }] : [];
  });
  const of = (isOdd: boolean) =>
    found.filter(({ kind }) => (kind === "odd") === isOdd).map(({ finding }) => finding);
  return { problems: of(false), oddities: of(true) };
};

const unread = (errors: readonly DocumentFinding[]): DocumentReading => ({
  isBroken: true,
  rows: [],
  errors,
  warnings: [],
  entries: [],
});

const byPosition = (a: DocumentFinding, b: DocumentFinding): number => a.line - b.line || a.column - b.column;

/**
 * Reads a mapping document and checks all of it (F-54, F-75): nothing is written before everything is right.
 *
 * @param settings the stack's, where they are known: then classes and functions are checked against them too
 */
export const readDocument = (
  text: string,
  settings?: RoutingSettings,
  format: DocumentFormat = "json",
): DocumentReading => {
  const tree = format === "json" ? parseSyntax(text) : parseYamlSyntax(text);
  const { root } = tree;
  if (root === undefined || tree.findings.length > 0) {
    return unread(tree.findings);
  }
  const findings = new Findings(tree);
  const fields = findings.fields(root, "the document", DOCUMENT_FIELDS);
  if (fields === undefined) return unread(findings.all);
  const classes = readClasses(findings, fields.get("classes")?.value, settings);
  const jobs = readJobs(findings, root, fields.get("jobs")?.value, settings);
  const ofSettings = readSettingsEntry(findings, fields.get("settings")?.value);
  checkClasses(findings, jobs, classes);
  checkRepeats(findings, jobs);
  const named = [...classes.right.values()].map(classEntry);
  const read = [...ofSettings, ...classes.ofDefault, ...named, ...jobs.map(jobEntry)];
  const entries = read.map(placed(tree));
  const { problems, oddities } = flawsOf(entries, tree, settings);
  const swappable = swappableRows(jobs).map(({ node, message }) => tree.at(node, message));
  return {
    isBroken: false,
    rows: entries.map(({ row }) => row),
    // What the entries' own checks say is said with the field, and is not said again.
    errors: findings.all.length > 0 ? findings.all.sort(byPosition) : [...problems].sort(byPosition),
    warnings: [...swappable, ...oddities].sort(byPosition),
    entries,
  };
};

/** Reads a file's bytes, as JSON or YAML. What is no text is an error like any other. */
export const readDocumentFile = (
  bytes: Uint8Array,
  path: string,
  settings?: RoutingSettings,
): DocumentReading => {
  const read = documentText(bytes);
  if ("text" in read) return readDocument(read.text, settings, formatOf(path, read.text));
  const { line, column, problem: message } = read;
  return unread([{ line, column, message }]);
};
