import { DEFAULT_CLASS_KEY } from "./classes/default-class";
import {
  ANY_JOB_KEY,
  CLASS_SORT_KEY,
  classRowKey,
  jobKey,
  parseTagsKey,
  projectJobKey,
  tagSet,
  tagsKey,
  withoutParallelSuffix,
} from "./mapping-keys";
import {
  appliedGeneration,
  effectiveRow,
  type RowsByKey,
  STATE_PARTITION_KEY,
  type StoredRow,
} from "./mapping-state";
import { SETTINGS_KEY } from "./settings-row";

/** What routing knows of a job. */
export interface RoutedJob {
  readonly projectId: number;
  readonly name: string;
  /** As GitLab's API has them. Not looked at in payload mode, where nobody knows them. */
  readonly tags: readonly string[];
  /** Whether GitLab's API confirmed the job; false: payload mode. */
  readonly verified: boolean;
}

type Via = "project-row" | "name-row" | "parallel-row" | "tags-row";

export type FoundRow =
  | { readonly kind: "row"; readonly row: StoredRow; readonly via: Via }
  | { readonly kind: "ambiguous"; readonly rows: readonly StoredRow[] }
  /** `near`: rows of the name with other tags, to point at a slip. */
  | { readonly kind: "none"; readonly near: readonly StoredRow[] };

interface Step {
  readonly pk: string;
  readonly via: Via;
}

/** The order of look-up: project, name, name without its parallel part, tags alone. */
const steps = (job: RoutedJob): readonly Step[] => {
  const base = withoutParallelSuffix(job.name);
  const step = (pk: string, via: Via): Step => ({ pk, via });
  return [
    step(projectJobKey(job.projectId, job.name), "project-row"),
    ...(base === undefined ? [] : [step(projectJobKey(job.projectId, base), "project-row")]),
    step(jobKey(job.name), "name-row"),
    ...(base === undefined ? [] : [step(jobKey(base), "parallel-row")]),
    ...(job.verified ? [step(ANY_JOB_KEY, "tags-row")] : []),
  ];
};

/** The partition keys to read for a job, in the order of look-up; then the settings, the class `default` and the state of uploads. */
export const lookUpKeys = (job: RoutedJob): readonly string[] => [
  ...steps(job).map(({ pk }) => pk),
  SETTINGS_KEY,
  DEFAULT_CLASS_KEY,
  STATE_PARTITION_KEY,
];

const effectiveRows = (pk: string, rows: RowsByKey): readonly StoredRow[] => {
  const applied = appliedGeneration(rows.get(STATE_PARTITION_KEY) ?? []);
  return (rows.get(pk) ?? []).flatMap((row) => effectiveRow(row, applied) ?? []);
};

/** The row of a class; undefined when the job row names none, or the mapping has none of that name. */
export const effectiveClassRow = (className: string | undefined, rows: RowsByKey): StoredRow | undefined =>
  className === undefined
    ? undefined
    : effectiveRows(classRowKey(className), rows).find(({ sk }) => sk === CLASS_SORT_KEY);

/** The settings row; undefined when the mapping has none. */
export const effectiveSettingsRow = (rows: RowsByKey): StoredRow | undefined =>
  effectiveRows(SETTINGS_KEY, rows).find(({ sk }) => sk === SETTINGS_KEY);

/** Rows with exactly the job's tags; hand-written ones may have them in any order. */
const withSameTags = (tags: readonly string[], rows: readonly StoredRow[]): readonly StoredRow[] => {
  const key = tagsKey(tags);
  return rows.filter(({ sk }) => {
    const set = sk === key ? undefined : parseTagsKey(sk);
    return sk === key || (set !== undefined && tagsKey(set) === key);
  });
};

/**
 * GitLab's rule: a runner takes a job when its tags contain all of the job's; an untagged job takes none of
 * these. Of several the ones with the fewest tags are nearest.
 */
const containingTags = (tags: readonly string[], rows: readonly StoredRow[]): readonly StoredRow[] => {
  const wanted = tagSet(tags);
  if (wanted.length === 0) return withSameTags([], rows);
  const fitting = rows.flatMap((row) => {
    const set = parseTagsKey(row.sk);
    return set && wanted.every((tag) => set.includes(tag)) ? [{ row, size: set.length }] : [];
  });
  const fewest = Math.min(...fitting.map(({ size }) => size));
  return fitting.filter(({ size }) => size === fewest).map(({ row }) => row);
};

const matching = (job: RoutedJob, { pk, via }: Step, rows: readonly StoredRow[]): readonly StoredRow[] => {
  if (!job.verified) return rows;
  if (via !== "tags-row") return withSameTags(job.tags, rows);
  const exact = pk === ANY_JOB_KEY ? withSameTags(job.tags, rows) : [];
  return exact.length > 0 ? exact : containingTags(job.tags, rows);
};

const target = (row: StoredRow): string => JSON.stringify([row.type, row.arn, row.class]);

const isOneTarget = (rows: readonly StoredRow[]): boolean => new Set(rows.map(target)).size === 1;

/**
 * The row that decides for a job. Several that say the same are one, but not in payload mode, where the row
 * also gives the tags.
 */
export const findRow = (job: RoutedJob, rows: RowsByKey): FoundRow => {
  const near: StoredRow[] = [];
  for (const step of steps(job)) {
    const stored = effectiveRows(step.pk, rows);
    const candidates = matching(job, step, stored);
    const [first] = candidates;
    const isClear = candidates.length === 1 || (job.verified && isOneTarget(candidates));
    if (first && isClear) return { kind: "row", row: first, via: step.via };
    if (first) return { kind: "ambiguous", rows: candidates };
    if (step.via !== "tags-row") near.push(...stored);
  }
  return { kind: "none", near };
};
