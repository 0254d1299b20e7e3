import { defined } from "../defined";
import { PROVIDERS } from "../model/runner-class";
import { classOfRow, resolveClass } from "./class-resolution";
import {
  DEFAULT_CLASS,
  DEFAULT_CLASS_KEY,
  type DefaultClassFields,
  parseDefaultClassRow,
  withDefaultClass,
} from "./classes/default-class";
import { functionArnProblem } from "./function-arn";
import { CLASS_SORT_KEY, classRowKey, readJobKey, tagsKey } from "./mapping-keys";
import { nameOddities, tagOddities } from "./mapping-oddities";
import {
  CLASS_FIELDS,
  type ClassFields,
  classNameOf,
  isBad,
  type MappingJobRow,
  parseClassRow,
  parseJobRow,
  rowName,
} from "./mapping-row";
import type { StoredRow } from "./mapping-state";
import type { RoutingSettings } from "./routing-settings";
import { parseSettingsRow, SETTINGS_FIELDS, SETTINGS_KEY, type SettingsFields } from "./settings-row";

/**
 * - `unreachable`: look-up never reads the row, for no job has its key
 * - `unreadable`: the jobs of the row fail to start, and no document can hold it
 * - `unusable`: the jobs of the row fail to start, though it reads well (its class, its function's account)
 * - `odd`: the row counts as it is, but is probably not what was meant
 */
export type RowFlawKind = "unreachable" | "unreadable" | "unusable" | "odd";

/** `message` continues a sentence that began with the row's name. */
export interface RowFlaw {
  readonly kind: RowFlawKind;
  readonly row: StoredRow;
  readonly message: string;
}

export interface ReadJobRow {
  readonly row: StoredRow;
  readonly job: MappingJobRow;
}

export interface ReadClassRow {
  readonly row: StoredRow;
  readonly name: string;
  readonly fields: ClassFields;
}

export interface ReadDefaultClassRow {
  readonly row: StoredRow;
  readonly fields: DefaultClassFields;
}

export interface ReadSettingsRow {
  readonly row: StoredRow;
  readonly fields: SettingsFields;
}

/** Rows of the mapping as look-up understands them, and everything that is wrong with them. */
export interface MappingReading {
  readonly jobs: readonly ReadJobRow[];
  readonly classes: readonly ReadClassRow[];
  readonly defaultClass?: ReadDefaultClassRow;
  readonly settings?: ReadSettingsRow;
  readonly flaws: readonly RowFlaw[];
}

type RowKey = Pick<StoredRow, "pk" | "sk">;

export const isClassRow = ({ pk }: RowKey): boolean => pk.startsWith("class#");
/** What each provider's class `default` says. */
export const isDefaultClassRow = ({ pk }: RowKey): boolean => pk === DEFAULT_CLASS_KEY;
const isNamedClassRow = (row: RowKey): boolean => isClassRow(row) && !isDefaultClassRow(row);
export const isJobRow = ({ pk }: RowKey): boolean => pk.startsWith("job#") || pk.startsWith("project#");
export const isSettingsRow = ({ pk }: RowKey): boolean => pk === SETTINGS_KEY;
/** Neither the state of uploads nor what somebody keeps in the table besides. */
export const isMappingRow = (row: RowKey): boolean => isClassRow(row) || isJobRow(row) || isSettingsRow(row);

/** Keys that were meant for the mapping and miss its prefixes, such as `Job#build`. Uploads never touch them. */
export const isNearMiss = ({ pk }: RowKey): boolean =>
  !isMappingRow({ pk, sk: "" }) &&
  /^\s*((jobs?|projects?|class(es)?)(-sha256)?\s*#|settings?\s*(#|$))/i.test(pk);

const flaw = (kind: RowFlawKind, row: StoredRow, message: string): RowFlaw => ({ kind, row, message });

const JOB_FIELDS = ["pk", "sk", "type", "arn", "class"];
const CLASS_ROW_FIELDS: readonly string[] = ["pk", "sk", ...CLASS_FIELDS];
const SETTINGS_ROW_FIELDS: readonly string[] = ["pk", "sk", ...SETTINGS_FIELDS];

const unknownFields = (row: StoredRow, known: readonly string[]): readonly string[] =>
  Object.keys(row)
    .filter((field) => !known.includes(field))
    .map((field) => `has the field ${JSON.stringify(field)}, which the mapping does not know: it is ignored`);

const jobOddities = (row: StoredRow, job: MappingJobRow): readonly string[] => [
  ...(job.name === undefined ? [] : nameOddities(job.name)),
  ...(job.name === "*" ? ["is for a job that is really called *: no document can hold it"] : []),
  ...(job.tags === undefined ? ["has the digest of its tags for a key: no document can hold it"] : []),
  ...(job.tags ?? []).flatMap(tagOddities),
  ...unknownFields(row, JOB_FIELDS),
];

const readJobs = (rows: readonly StoredRow[]): Pick<MappingReading, "jobs" | "flaws"> => {
  const jobs: ReadJobRow[] = [];
  const flaws: RowFlaw[] = [];
  for (const row of rows.filter(isJobRow)) {
    const job = parseJobRow(row);
    if (isBad(job)) {
      flaws.push(flaw(isBad(readJobKey(row.pk)) ? "unreachable" : "unreadable", row, job.problem));
    } else {
      jobs.push({ row, job });
      flaws.push(...jobOddities(row, job).map((message) => flaw("odd", row, message)));
    }
  }
  return { jobs, flaws };
};

const readClasses = (rows: readonly StoredRow[]): Pick<MappingReading, "classes" | "flaws"> => {
  const classes: ReadClassRow[] = [];
  const flaws: RowFlaw[] = [];
  for (const row of rows.filter(isNamedClassRow)) {
    const fields = parseClassRow(row);
    if (isBad(fields)) {
      flaws.push(flaw("unreadable", row, fields.problem));
    } else {
      classes.push({ row, name: classNameOf(row), fields });
      flaws.push(...unknownFields(row, CLASS_ROW_FIELDS).map((message) => flaw("odd", row, message)));
    }
  }
  return { classes, flaws };
};

const readDefaultClass = (rows: readonly StoredRow[]): Pick<MappingReading, "defaultClass" | "flaws"> => {
  const flaws: RowFlaw[] = [];
  let defaultClass: ReadDefaultClassRow | undefined;
  for (const row of rows.filter(isDefaultClassRow)) {
    const read = parseDefaultClassRow(row);
    if (isBad(read))
      flaws.push(flaw(row.sk === CLASS_SORT_KEY ? "unreadable" : "unreachable", row, read.problem));
    else defaultClass = { row, fields: read.fields };
  }
  return { ...defined({ defaultClass }), flaws };
};

const readSettingsRows = (rows: readonly StoredRow[]): Pick<MappingReading, "settings" | "flaws"> => {
  const flaws: RowFlaw[] = [];
  let settings: ReadSettingsRow | undefined;
  for (const row of rows.filter(isSettingsRow)) {
    const fields = parseSettingsRow(row);
    if (isBad(fields)) {
      flaws.push(flaw(row.sk === SETTINGS_KEY ? "unreadable" : "unreachable", row, fields.problem));
    } else {
      settings = { row, fields };
      flaws.push(...unknownFields(row, SETTINGS_ROW_FIELDS).map((message) => flaw("odd", row, message)));
    }
  }
  return { ...defined({ settings }), flaws };
};

/** A tag can ask for no class that there is not. */
const boundsOddities = (
  settings: ReadSettingsRow | undefined,
  classes: readonly ReadClassRow[],
): readonly RowFlaw[] => {
  const listed = settings?.fields.bounds?.classes ?? [];
  const missing = listed.filter((name) => !classes.some((each) => each.name === name));
  return settings === undefined || missing.length === 0
    ? []
    : missing.map((name) =>
        flaw(
          "odd",
          settings.row,
          `has bounds with the class ${JSON.stringify(name)}, which the mapping lacks`,
        ),
      );
};

/** Rows by hand may give the same tags in two orders. */
const repeats = (jobs: readonly ReadJobRow[]): readonly RowFlaw[] => {
  const seen = new Map<string, StoredRow>();
  return jobs.flatMap(({ row, job }) => {
    const key = JSON.stringify([row.pk, job.tags === undefined ? row.sk : tagsKey(job.tags)]);
    const earlier = seen.get(key);
    seen.set(key, earlier ?? row);
    return earlier
      ? [flaw("unusable", row, `has the same tags as ${rowName(earlier)}: delete one of them`)]
      : [];
  });
};

const leavesOut = (job: MappingJobRow, projects: readonly number[] | undefined): boolean =>
  job.projectId !== undefined && projects?.includes(job.projectId) === false;

const classProblem = (
  job: MappingJobRow,
  classRow: StoredRow | undefined,
  settings: RoutingSettings,
): string | undefined => {
  const found = classOfRow(job, classRow, settings);
  if (isBad(found)) return found.problem;
  return leavesOut(job, found.projects)
    ? `gives the class ${JSON.stringify(found.name)}, whose "projects" leave out project ${job.projectId}: add it there`
    : undefined;
};

/** What only the whole table and the stack's settings can tell. */
const unusable = (
  rows: readonly StoredRow[],
  jobs: readonly ReadJobRow[],
  settings: RoutingSettings,
): readonly RowFlaw[] => {
  const classRows = new Map(rows.filter(({ sk }) => sk === CLASS_SORT_KEY).map((row) => [row.pk, row]));
  return jobs.flatMap(({ row, job }) => {
    const arnProblem = job.functionArn && functionArnProblem(job.functionArn, settings.home);
    const problem =
      arnProblem || classProblem(job, classRows.get(classRowKey(job.className ?? "")), settings);
    return problem ? [flaw("unusable", row, problem)] : [];
  });
};

const unresolvedDefault = (
  read: ReadDefaultClassRow | undefined,
  settings: RoutingSettings,
): readonly RowFlaw[] => {
  if (read === undefined) return [];
  const resolved = PROVIDERS.map((type) => resolveClass(DEFAULT_CLASS, { type }, settings));
  const problem = resolved.find(isBad)?.problem;
  return problem ? [flaw("unusable", read.row, problem)] : [];
};

/** Their jobs fail until the stack has a Lambda runner, which may come after the mapping. */
const withoutFunction = (jobs: readonly ReadJobRow[], stack: RoutingSettings): readonly RowFlaw[] => {
  const message = "is for the deployment's Lambda runner, and there is none yet: deploy LambdaShellRunner";
  const lacks = ({ type, functionArn }: MappingJobRow): boolean =>
    type === "LAMBDA" && functionArn === undefined;
  if (stack.defaultRunnerArn !== undefined) return [];
  return jobs.flatMap(({ row, job }) => (lacks(job) ? [flaw("odd", row, message)] : []));
};

const unresolved = (classes: readonly ReadClassRow[], settings: RoutingSettings): readonly RowFlaw[] =>
  classes.flatMap(({ row, name, fields }) => {
    const resolved = resolveClass(name, fields, settings);
    return isBad(resolved) ? [flaw("unusable", row, resolved.problem)] : [];
  });

/**
 * Reads rows as look-up does. Rows of others are passed over.
 *
 * @param rows those that count: what is staged has been settled
 * @param settings the stack's, where they are known: then classes and functions are checked against them too
 */
export const readMapping = (rows: readonly StoredRow[], settings?: RoutingSettings): MappingReading => {
  const { jobs, flaws: ofJobs } = readJobs(rows);
  const { settings: settingsRow, flaws: ofSettings } = readSettingsRows(rows);
  const { classes, flaws: ofClasses } = readClasses(rows);
  const { defaultClass, flaws: ofDefault } = readDefaultClass(rows);
  const misses = rows
    .filter(isNearMiss)
    .map((row) =>
      flaw("unreachable", row, "has a key that look-up never asks for: delete it, or correct it"),
    );
  const stack = settings && withDefaultClass(settings, defaultClass?.fields ?? {});
  const ofStack = stack
    ? [
        ...unusable(rows, jobs, stack),
        ...unresolvedDefault(defaultClass, stack),
        ...unresolved(classes, stack),
        ...withoutFunction(jobs, stack),
      ]
    : [];
  const ofRows = [
    ...ofSettings,
    ...boundsOddities(settingsRow, classes),
    ...ofDefault,
    ...ofClasses,
    ...ofJobs,
  ];
  const flaws = [...misses, ...ofRows, ...repeats(jobs), ...ofStack];
  return { jobs, classes, ...defined({ defaultClass, settings: settingsRow }), flaws };
};
