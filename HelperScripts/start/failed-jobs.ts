import { type Attempt, jobOf } from "../../Core/model/ledger";
import { isClassRow, isJobRow, isSettingsRow } from "../../Core/routing/mapping-reading";
import { classNameOf } from "../../Core/routing/mapping-row";
import type { RowsByKey, StoredRow } from "../../Core/routing/mapping-state";
import { lookUpKeys, type RoutedJob } from "../../Core/routing/routing";
import { findRow } from "../../Core/routing/row-search";
import type { MappingChange } from "../mapping/difference";

/** What an upload changed, and the mapping as it is now. */
export interface UploadedRows {
  readonly changes: readonly MappingChange[];
  /** The document's. */
  readonly rows: readonly StoredRow[];
}

const byKey = (rows: readonly StoredRow[]): RowsByKey => {
  const found = new Map<string, StoredRow[]>();
  for (const row of rows) found.set(row.pk, [...(found.get(row.pk) ?? []), row]);
  return found;
};

const routedJob = (attempt: Attempt): RoutedJob => {
  const { projectId, jobName } = jobOf(attempt);
  const { tags = [], verified = true } = attempt.order ?? {};
  return { projectId, name: jobName, tags, verified };
};

/**
 * Tells the jobs that changed rows route from the others: by look-up's own search among those rows alone, or by the
 * class that the job had or has now. A job that failed before its tags were known is told by its name; one whose tags
 * asked for too much may be met by other settings or classes.
 */
export const concernsJob = ({ changes, rows }: UploadedRows): ((attempt: Attempt) => boolean) => {
  const changed = changes.map(({ row }) => row);
  const jobRows = byKey(changed.filter(isJobRow));
  const classes = new Set(changed.filter(isClassRow).map(classNameOf));
  const all = byKey(rows);
  const hasNewBounds = classes.size > 0 || changed.some(isSettingsRow);
  return (attempt) => {
    const job = routedJob(attempt);
    if (hasNewBounds && attempt.reason === "beyond-bounds") return true;
    if (attempt.order === undefined) return lookUpKeys(job).some((pk) => jobRows.has(pk));
    if (findRow(job, jobRows).kind !== "none") return true;
    const now = findRow(job, all);
    const className = now.kind === "row" ? now.row.class : undefined;
    return (
      classes.has(attempt.order.runnerClass.name) || (typeof className === "string" && classes.has(className))
    );
  };
};
