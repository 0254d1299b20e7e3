import { parseClassRowKey, readJobKey, readTagsKey, tagsKey } from "../../Core/routing/mapping-keys";
import { isClassRow, isSettingsRow } from "../../Core/routing/mapping-reading";
import { isBad } from "../../Core/routing/mapping-row";
import type { StoredRow } from "../../Core/routing/mapping-state";

type Key = Pick<StoredRow, "pk" | "sk">;

/** The key that an upload would give the row: hand-written tags may be in another order. */
export const canonicalKey = (row: Key): Key => {
  const job = readJobKey(row.pk);
  const read = readTagsKey(row.sk);
  return isBad(job) || isBad(read) || !("tags" in read)
    ? { pk: row.pk, sk: row.sk }
    : { pk: row.pk, sk: tagsKey(read.tags) };
};

/** How lists show a row. */
export interface RowLabel {
  readonly what: "job" | "class" | "settings";
  readonly name: string;
  readonly project: string;
  readonly tags: string;
}

export const rowLabel = (row: Key): RowLabel => {
  if (isClassRow(row)) {
    const name = parseClassRowKey(row.pk) ?? row.pk;
    return { what: "class", name, project: "", tags: "" };
  }
  if (isSettingsRow(row)) return { what: "settings", name: "", project: "", tags: "" };
  const job = readJobKey(row.pk);
  const read = readTagsKey(row.sk);
  return {
    what: "job",
    name: isBad(job) ? row.pk : (job.name ?? "*"),
    project: isBad(job) ? "" : String(job.projectId ?? ""),
    tags: "tags" in read ? read.tags.join(", ") || "–" : row.sk,
  };
};
