import { defined } from "../../Core/defined";
import { DEFAULT_CLASS } from "../../Core/routing/classes/default-class";
import {
  isDefaultClassRow,
  isJobRow,
  isSettingsRow,
  type MappingReading,
  type RowFlaw,
} from "../../Core/routing/mapping-reading";
import { type MappingJobRow, rowName } from "../../Core/routing/mapping-row";
import type { StoredRow } from "../../Core/routing/mapping-state";
import { canonicalRow, rowId } from "../mapping/difference";
import { canonicalKey } from "../mapping/row-kinds";
import type { DocumentFormat } from "./document-format";
import { documentSource, entrySource } from "./document-source";
import { readDocument } from "./read-document";
import { editedYaml, newYaml, type YamlEntry } from "./yaml/source";

/** What is pulled from the table; `text` absent: a document of it would send jobs elsewhere. */
export interface PulledDocument {
  readonly text?: string;
  readonly jobs: number;
}

interface Entry {
  readonly row: StoredRow;
  readonly value: unknown;
  readonly className?: string;
  /** How the earlier document writes it. */
  readonly source?: string;
}

const isHeldByDocuments = ({ name, tags }: MappingJobRow): boolean => name !== "*" && tags !== undefined;

/** Whether jobs get no runner, or another one, without the row. */
const isDecisive = (row: StoredRow): boolean => isJobRow(row) || isSettingsRow(row) || isDefaultClassRow(row);

/** Rows whose jobs fail to start, or that no document can hold: without them those jobs would go elsewhere. */
export const rowsThatBlock = ({ jobs, flaws }: MappingReading): readonly StoredRow[] => [
  ...flaws.filter(({ kind, row }: RowFlaw) => kind === "unreadable" && isDecisive(row)).map(({ row }) => row),
  ...jobs.filter(({ job }) => !isHeldByDocuments(job)).map(({ row }) => row),
];

const jobValue = (job: MappingJobRow): Readonly<Record<string, unknown>> => ({
  type: job.type,
  name: job.name ?? "*",
  ...defined({
    project: job.projectId,
    tags: job.tags?.length ? job.tags : undefined,
    class: job.className,
    lambdaArn: job.functionArn,
  }),
});

const entriesOf = ({ jobs, classes, defaultClass }: MappingReading): readonly Entry[] => [
  ...(defaultClass ? [{ row: defaultClass.row, value: defaultClass.fields, className: DEFAULT_CLASS }] : []),
  ...classes.map(({ row, name, fields }) => ({ row, value: fields, className: name })),
  ...jobs.map(({ row, job }) => ({ row, value: jobValue(job) })),
];

const settingsOf = ({ settings }: MappingReading): readonly Entry[] =>
  settings === undefined ? [] : [{ row: settings.row, value: settings.fields }];

const byKey = ({ row: a }: Entry, { row: b }: Entry): number => {
  if (a.pk !== b.pk) return a.pk < b.pk ? -1 : 1;
  return a.sk < b.sk ? -1 : 1;
};

const id = (row: StoredRow): string => rowId(canonicalKey(row));
const content = (row: StoredRow): string => canonicalRow({ ...row, ...canonicalKey(row) });

interface Earlier {
  readonly text: string;
  readonly schema?: unknown;
  /** The entries' place, and how each is written. */
  readonly written: ReadonlyMap<
    string,
    { readonly place: number; readonly row: StoredRow; readonly source: string }
  >;
}

const schemaIn = (text: string): unknown => {
  const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
  return typeof value === "object" && value !== null && "$schema" in value ? value.$schema : undefined;
};

const earlierOf = (text: string | undefined, format: DocumentFormat): Earlier | undefined => {
  if (text === undefined) return undefined;
  const { entries, errors } = readDocument(text, undefined, format);
  if (errors.length > 0) return undefined;
  const written = entries.map(
    ({ row, node }, place) =>
      [rowId(row), { place, row, source: text.slice(node.offset, node.offset + node.length) }] as const,
  );
  return { text, ...(format === "json" ? { schema: schemaIn(text) } : {}), written: new Map(written) };
};

const isClass = ({ className }: Entry): boolean => className !== undefined;

const entryText = ({ value, className, source }: Entry): string =>
  entrySource(value, source, className === undefined ? "" : `${JSON.stringify(className)}: `);

/** In the earlier document's order and words, where it says the same; what is new follows, sorted. */
const arranged = (entries: readonly Entry[], earlier: Earlier | undefined): readonly Entry[] => {
  const placeOf = ({ row }: Entry): number => earlier?.written.get(id(row))?.place ?? Number.MAX_SAFE_INTEGER;
  return [...entries]
    .sort((a, b) => placeOf(a) - placeOf(b) || byKey(a, b))
    .map((entry) => {
      const before = earlier?.written.get(id(entry.row));
      return before && content(before.row) === content(entry.row)
        ? { ...entry, source: before.source }
        : entry;
    });
};

interface Arranged {
  readonly settings?: Entry;
  readonly classes: readonly Entry[];
  readonly jobs: readonly Entry[];
}

const jsonText = ({ settings, classes, jobs }: Arranged, schema: string, earlier: Earlier | undefined) =>
  documentSource({
    schema: earlier ? earlier.schema : schema,
    ...defined({ settings: settings && entryText(settings) }),
    classes: classes.map(entryText),
    jobs: jobs.map(entryText),
  });

const yamlText = ({ settings, classes, jobs }: Arranged, schema: string, earlier: Earlier | undefined) => {
  const written = [...(earlier?.written ?? [])].sort(([, one], [, other]) => one.place - other.place);
  const places = written.flatMap(([each, { row }]) => (isJobRow(row) ? [each] : []));
  const part = ({ row, value, className, source }: Entry): YamlEntry => ({
    value,
    isSame: source !== undefined,
    ...defined({ className, place: places.includes(id(row)) ? places.indexOf(id(row)) : undefined }),
  });
  const parts = {
    ...defined({ settings: settings && part(settings) }),
    classes: classes.map(part),
    jobs: jobs.map(part),
  };
  if (earlier === undefined) return newYaml(parts, schema);
  const all = [...(settings ? [settings] : []), ...classes, ...jobs];
  const isSame = all.length === written.length && all.every(({ source }) => source !== undefined);
  return editedYaml(parts, earlier.text, isSame).trimEnd();
};

/**
 * Makes a document of what was read.
 *
 * @param schema where editors find the schema, for a new document
 * @param before the document that it replaces: its schema, comments, order and wording stay
 */
export const pulledDocument = (
  reading: MappingReading,
  schema: string,
  before?: string,
  format: DocumentFormat = "json",
): PulledDocument => {
  const jobs = reading.jobs.length;
  if (rowsThatBlock(reading).length > 0) return { jobs };
  const earlier = earlierOf(before, format);
  const entries = arranged(entriesOf(reading), earlier);
  const [settings] = arranged(settingsOf(reading), earlier);
  const all = {
    ...defined({ settings }),
    classes: entries.filter(isClass),
    jobs: entries.filter((entry) => !isClass(entry)),
  };
  const text = (format === "json" ? jsonText : yamlText)(all, schema, earlier);
  return { text: text.trimEnd(), jobs };
};

/** A sentence for each flaw. */
export const flawSentence = ({ row, message }: RowFlaw): string => `The row ${rowName(row)} ${message}`;
