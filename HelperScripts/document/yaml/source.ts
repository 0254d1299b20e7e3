import { type Document, isMap, isSeq, parseDocument, stringify, type YAMLMap, type YAMLSeq } from "yaml";

/** An entry of the document that is to be. */
export interface YamlEntry {
  readonly value: unknown;
  /** Absent: a job. */
  readonly className?: string;
  /** The place of the job in the earlier document's list; absent: it is new. */
  readonly place?: number;
  /** Whether the earlier document says the same. */
  readonly isSame: boolean;
}

export interface YamlParts {
  readonly settings?: YamlEntry;
  readonly classes: readonly YamlEntry[];
  readonly jobs: readonly YamlEntry[];
}

const OPTIONS = { lineWidth: 0 } as const;

const values = ({ settings, classes, jobs }: YamlParts) => ({
  ...(settings === undefined ? {} : { settings: settings.value }),
  ...(classes.length === 0
    ? {}
    : { classes: Object.fromEntries(classes.map(({ className = "", value }) => [className, value])) }),
  jobs: jobs.map(({ value }) => value),
});

/** A new document, with the line by which editors find the schema. */
export const newYaml = (parts: YamlParts, schema: string): string =>
  `# yaml-language-server: $schema=${schema}\n${stringify(values(parts), OPTIONS)}`;

const editClasses = (document: Document, classes: readonly YamlEntry[]): void => {
  const map = document.get("classes");
  if (!isMap(map)) {
    if (classes.length > 0)
      document.set("classes", document.createNode(values({ classes, jobs: [] }).classes));
    return;
  }
  const names = new Set(classes.map(({ className }) => className));
  const gone = (map as YAMLMap).items.map(({ key }) => String(key)).filter((name) => !names.has(name));
  for (const name of gone) map.delete(name);
  for (const { className, value, isSame } of classes)
    if (!isSame) map.set(className, document.createNode(value));
};

const editJobs = (document: Document, jobs: readonly YamlEntry[]): void => {
  const list = document.get("jobs");
  const before: readonly unknown[] = isSeq(list) ? [...(list as YAMLSeq).items] : [];
  const items = jobs.map(({ value, place, isSame }) =>
    isSame && place !== undefined ? before[place] : document.createNode(value),
  );
  if (isSeq(list)) list.items = items;
  else document.set("jobs", items);
};

/**
 * The earlier document with what has changed: comments, order and wording of the rest stay, and a document that says the
 * same stays letter by letter.
 */
export const editedYaml = (parts: YamlParts, before: string, isSame: boolean): string => {
  if (isSame) return before;
  const document = parseDocument(before);
  const { settings } = parts;
  if (settings === undefined) document.delete("settings");
  else if (!settings.isSame) document.set("settings", document.createNode(settings.value));
  editClasses(document, parts.classes);
  editJobs(document, parts.jobs);
  return document.toString(OPTIONS);
};
