import {
  ANY_JOB_KEY,
  jobKey,
  parseClassRowKey,
  parseJobKey,
  parseTagsKey,
  projectJobKey,
  tagsKey,
} from "../../Core/mapping-keys";
import type { StoredRow } from "../../Core/mapping-state";

type Key = Pick<StoredRow, "pk" | "sk">;

export const isClassRow = ({ pk }: Key): boolean => pk.startsWith("class#");
export const isJobRow = ({ pk }: Key): boolean => pk.startsWith("job#") || pk.startsWith("project#");
/** Neither the state of uploads nor what somebody keeps in the table besides. */
export const isMappingRow = (row: Key): boolean => isClassRow(row) || isJobRow(row);

/** The key that an upload would give the row: hand-written tags may be in another order. */
export const canonicalKey = (row: Key): Key => {
  const job = parseJobKey(row.pk);
  const tags = parseTagsKey(row.sk);
  if (job === undefined || tags === undefined) return { pk: row.pk, sk: row.sk };
  const { projectId, name } = job;
  if (name === undefined) return { pk: ANY_JOB_KEY, sk: tagsKey(tags) };
  const pk = projectId === undefined ? jobKey(name) : projectJobKey(projectId, name);
  return { pk, sk: tagsKey(tags) };
};

/** How lists show a row. */
export interface RowLabel {
  readonly what: "job" | "class";
  readonly name: string;
  readonly project: string;
  readonly tags: string;
}

export const rowLabel = (row: Key): RowLabel => {
  if (isClassRow(row)) {
    const name = parseClassRowKey(row.pk) ?? row.pk;
    return { what: "class", name, project: "", tags: "" };
  }
  const job = parseJobKey(row.pk);
  const tags = parseTagsKey(row.sk);
  const name = job === undefined ? row.pk : (job.name ?? "*");
  return {
    what: "job",
    name,
    project: job?.projectId === undefined ? "" : String(job.projectId),
    tags: tags === undefined ? row.sk : tags.join(", ") || "–",
  };
};
