import { defined } from "../defined";
import type { RunnerClass } from "../model/runner-class";
import { holdingBudget } from "../usage/budget";
import { classOfRow, fallbackOf } from "./class-resolution";
import {
  DEFAULT_CLASS,
  DEFAULT_CLASS_KEY,
  parseDefaultClassRow,
  withDefaultClass,
} from "./classes/default-class";
import { byTags, classAskedFor, requestOf } from "./decision/by-tags";
import { choicesOf, failed, failedRow, notAllowed, type RouteDecision } from "./decision/route-decision";
import { unmapped } from "./decision/unmapped";
import { functionArnProblem } from "./function-arn";
import { classRowKey, tagSet } from "./mapping-keys";
import { type BadRow, isBad, type MappingJobRow, parseJobRow, rowName } from "./mapping-row";
import { type RowsByKey, STATE_PARTITION_KEY, type StoredRow } from "./mapping-state";
import type { RoutingSettings } from "./routing-settings";
import {
  effectiveClassRow,
  effectiveSettingsRow,
  type FoundRow,
  findRow,
  lookUpKeys,
  type RoutedJob,
} from "./row-search";
import type { ServedProject } from "./served-projects";
import { limitsOf, SETTINGS_KEY, settingsIn } from "./settings-row";

export type { RouteDecision, RouteReason } from "./decision/route-decision";
export type { RowsByKey, StoredRow } from "./mapping-state";
export type { RoutingSettings } from "./routing-settings";
export { parseRoutingSettings } from "./routing-settings";
export { lookUpKeys, type RoutedJob } from "./row-search";

const VIA_SENTENCES = {
  "project-row": "is for this job in this project",
  "name-row": "is for jobs of this name",
  "parallel-row": "is for this name without its parallel part",
  "tags-row": "is for any job with these tags",
} as const;

/** What the row gives besides its class. */
type RowsRunner = Pick<Extract<RouteDecision, { kind: "route" }>, "functionArn" | "fallback">;

/** The row's function, or the deployment's own. */
const functionOf = (row: MappingJobRow, settings: RoutingSettings): RowsRunner | BadRow => {
  if (row.functionArn !== undefined) return { functionArn: row.functionArn };
  const { defaultRunnerArn: functionArn, home } = settings;
  const problem = functionArnProblem(functionArn, home);
  if (problem === undefined) return defined({ functionArn });
  return {
    problem:
      functionArn === undefined
        ? "names no function, and this deployment has no Lambda runner: deploy LambdaShellRunner, or give the row a lambdaArn"
        : `names no function, and AutoScaler's DefaultRunnerArn ${problem}`,
  };
};

const runnerOf = (
  row: MappingJobRow,
  runnerClass: RunnerClass,
  settings: RoutingSettings,
): RowsRunner | BadRow => {
  if (row.type === "LAMBDA") return functionOf(row, settings);
  const fallback = fallbackOf(runnerClass, settings);
  return fallback !== undefined && isBad(fallback) ? fallback : defined({ fallback });
};

const routed = (
  job: RoutedJob,
  found: Extract<FoundRow, { kind: "row" }>,
  row: MappingJobRow,
  runnerClass: RunnerClass,
  settings: RoutingSettings,
  runner: RowsRunner,
): RouteDecision => ({
  kind: "route",
  provider: row.type,
  runnerClass,
  ...runner,
  tags: job.verified ? tagSet(job.tags) : (row.tags ?? []),
  limits: limitsOf(settings),
  ...choicesOf(row.type, settings),
  why: {
    code: found.via,
    sentence: `The row ${rowName(row)} ${VIA_SENTENCES[found.via]}.`,
    row: { pk: row.pk, sk: row.sk },
  },
});

const byRow = (
  job: RoutedJob,
  found: Extract<FoundRow, { kind: "row" }>,
  rows: RowsByKey,
  settings: RoutingSettings,
): RouteDecision => {
  const row = parseJobRow(found.row, settings.home);
  if (isBad(row)) return failedRow(found.row, row.problem);
  if (!job.verified && row.tags === undefined) {
    return failedRow(row, "has no readable tags, and without AccessToken they are all there is to go by");
  }
  const runnerClass = classOfRow(row, effectiveClassRow(row.className, rows), settings);
  if (isBad(runnerClass)) return failedRow(row, runnerClass.problem);
  const runner = runnerOf(row, runnerClass, settings);
  if (isBad(runner)) return failedRow(row, runner.problem);
  return (
    notAllowed(job, `The row ${rowName(row)} gives`, runnerClass, row) ??
    routed(job, found, row, runnerClass, settings, runner)
  );
};

/** A row without which no job can be decided. */
interface UnreadableSettings extends BadRow {
  readonly row: StoredRow;
}

const withDefaultRow = (stack: RoutingSettings, row: StoredRow): RoutingSettings | UnreadableSettings => {
  const read = parseDefaultClassRow(row);
  return isBad(read) ? { ...read, row } : withDefaultClass(stack, read.fields);
};

/** The stack's settings as the rows of the class `default` and of the settings change them. */
const settingsFrom = (stack: RoutingSettings, rows: RowsByKey): RoutingSettings | UnreadableSettings => {
  const classRow = effectiveClassRow(DEFAULT_CLASS, rows);
  const ofClass = classRow === undefined ? stack : withDefaultRow(stack, classRow);
  const row = effectiveSettingsRow(rows);
  if (row === undefined || isBad(ofClass)) return ofClass;
  const settings = settingsIn(ofClass, row);
  return isBad(settings) ? { ...settings, row } : settings;
};

/**
 * Which runner a job gets, and why. Pure: the rows were read before.
 *
 * @param rows what is stored under `lookUpKeys(job)` and then under `classKeys(job, rows)`
 * @param stack what the stack's parameters say; the mapping's settings row goes over it
 */
export const decide = (job: RoutedJob, rows: RowsByKey, stack: RoutingSettings): RouteDecision => {
  const settings = settingsFrom(stack, rows);
  if (isBad(settings)) return failedRow(settings.row, settings.problem);
  const found = findRow(job, rows);
  if (found.kind === "none") {
    const request = requestOf(job);
    return request ? byTags(job, request, rows, settings) : unmapped(job, found.near, settings);
  }
  if (found.kind === "row") return byRow(job, found, rows, settings);
  const names = found.rows.map(rowName).join("; ");
  return failed(
    "ambiguous",
    job.verified
      ? `Several rows match and ask for different runners: ${names}. Keep one.`
      : `The name has several rows, and without AccessToken the job's tags are not known: ${names}. Keep one, or store AccessToken.`,
    found.rows[0],
  );
};

/** The partition key of the class that the deciding row or the job's tags name, to be read before `decide`: none or one. */
const classKeys = (job: RoutedJob, rows: RowsByKey): readonly string[] => {
  const found = findRow(job, rows);
  const ofRow = found.kind === "row" ? found.row.class : undefined;
  const name = found.kind === "none" ? classAskedFor(job) : ofRow;
  return typeof name === "string" && name !== "" && name !== DEFAULT_CLASS ? [classRowKey(name)] : [];
};

/** The stack's settings as the mapping changes them. */
export const readSettings = async (
  read: (pk: string) => Promise<readonly StoredRow[]>,
  stack: RoutingSettings,
): Promise<RoutingSettings | UnreadableSettings> => {
  const keys = [SETTINGS_KEY, DEFAULT_CLASS_KEY, STATE_PARTITION_KEY];
  const rows = await Promise.all(keys.map(async (key) => [key, await read(key)] as const));
  return settingsFrom(stack, new Map(rows));
};

/** A decision, and who is served at all: that is asked first, and by whoever can ask GitLab for a project's path. */
export type RouteAndServed = RouteDecision & {
  readonly servedProjects: readonly ServedProject[];
  /** USD a month at which the project's jobs wait. */
  readonly budget?: number;
};

/** Reads and decides: at most nine queries, whatever the table's size. */
export const route = async (
  job: RoutedJob,
  read: (pk: string) => Promise<readonly StoredRow[]>,
  stack: RoutingSettings,
): Promise<RouteAndServed> => {
  const readAll = async (keys: readonly string[]): Promise<[string, readonly StoredRow[]][]> =>
    Promise.all(keys.map(async (key): Promise<[string, readonly StoredRow[]]> => [key, await read(key)]));
  const rows = new Map(await readAll(lookUpKeys(job)));
  const all = new Map([...rows, ...(await readAll(classKeys(job, rows)))]);
  const settings = settingsFrom(stack, all);
  // Settings that cannot be read make every start fail, for everybody to see.
  if (isBad(settings)) return { ...decide(job, all, stack), servedProjects: [] };
  const { servedProjects, budgets } = settings;
  const budget = holdingBudget(budgets, job.projectId);
  return { ...decide(job, all, stack), servedProjects, ...defined({ budget }) };
};
