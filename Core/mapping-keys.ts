import { createHash } from "node:crypto";

/**
 * Keys of the mapping table. They are injective (I-28): `%` and `#` inside a name or tag are percent-encoded,
 * so that a plain name looks as people write it and no two names share a key. Two more things are encoded,
 * for the same reason: a job that is really called `*` (`job#*` means all jobs), and half a surrogate pair,
 * which UTF-8 cannot hold and DynamoDB would turn into a replacement character.
 *
 * Names and tags are compared as they are, byte for byte, as GitLab does: no Unicode normal form, no case.
 */

/** Sort key of a class row, whose partition key is `class#<name>`. */
export const CLASS_SORT_KEY = "class";
/** Partition key of the rows that go by tags alone. */
export const ANY_JOB_KEY = "job#*";

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
export const MAX_PARTITION_KEY_BYTES = 2048;
export const MAX_SORT_KEY_BYTES = 1024;

/** A whole surrogate pair, taken first so that only a lone half is encoded. */
const TO_ENCODE = /[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff%#]/g;
const ENCODED = /%(25|23|2A|u[dD][89a-fA-F][0-9a-fA-F]{2})/g;

const encodeUnit = (unit: string): string => {
  if (unit.length === 2) return unit;
  if (unit === "%") return "%25";
  if (unit === "#") return "%23";
  return `%u${unit.charCodeAt(0).toString(16).toUpperCase()}`;
};

const encodePart = (part: string): string => part.replace(TO_ENCODE, encodeUnit);

const decodeUnit = (_: string, code: string): string =>
  String.fromCharCode(Number.parseInt(code.startsWith("u") ? code.slice(1) : code, 16));

/** Takes what people typed by hand too: a `%` that encodes nothing stays a `%`. */
const decodePart = (part: string): string => part.replace(ENCODED, decodeUnit);

const encodeName = (name: string): string => (name === "*" ? "%2A" : encodePart(name));

const digest = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** A key over DynamoDB's limit becomes `<kind>-sha256#<hex>`; no plain key looks like that. */
const within = (kind: string, rest: string, limit: number, prefix = ""): string => {
  const key = `${prefix}${kind}#${rest}`;
  return Buffer.byteLength(key) <= limit ? key : `${prefix}${kind}-sha256#${digest(rest)}`;
};

/** @example jobKey("build#1") === "job#build%231" */
export const jobKey = (name: string): string => within("job", encodeName(name), MAX_PARTITION_KEY_BYTES);

/** @example projectJobKey(42, "build") === "project#42#job#build" */
export const projectJobKey = (projectId: number, name: string): string =>
  within("job", encodeName(name), MAX_PARTITION_KEY_BYTES, `project#${projectId}#`);

/** @example classRowKey("docker") === "class#docker" */
export const classRowKey = (name: string): string =>
  within("class", encodePart(name), MAX_PARTITION_KEY_BYTES);

/**
 * The set that GitLab makes of a tag list: sorted, no repeats, no empty tags (GitLab has none).
 * Sorted by UTF-16 unit, which depends on no locale.
 */
export const tagSet = (tags: readonly string[]): readonly string[] =>
  [...new Set(tags.filter((tag) => tag !== ""))].sort();

/** @example tagsKey(["b", "a", "b"]) === "tags#a#b"; tagsKey([]) === "tags#" */
export const tagsKey = (tags: readonly string[]): string =>
  within("tags", tagSet(tags).map(encodePart).join("#"), MAX_SORT_KEY_BYTES);

/** What a job row's partition key says. `name` absent: all jobs (`job#*`). */
export interface JobKeyParts {
  readonly projectId?: number;
  readonly name?: string;
}

/** Reads a partition key back; undefined for what is no job row's key, digests among them. */
export const parseJobKey = (pk: string): JobKeyParts | undefined => {
  if (pk === ANY_JOB_KEY) return {};
  const match = /^(?:project#([1-9]\d{0,15})#)?job#([^#]*)$/s.exec(pk);
  if (match?.[2] === undefined) return undefined;
  const name = decodePart(match[2]);
  return match[1] === undefined ? { name } : { projectId: Number(match[1]), name };
};

/** Reads a class row's partition key back. */
export const parseClassRowKey = (pk: string): string | undefined => {
  const match = /^class#([^#]*)$/s.exec(pk);
  return match?.[1] === undefined ? undefined : decodePart(match[1]);
};

/**
 * Reads a job row's sort key back, as a set; rows written by hand may have their tags in any order, and
 * `tags` without more. Undefined for a digest and for what is no such key.
 */
export const parseTagsKey = (sk: string): readonly string[] | undefined => {
  if (sk === "tags") return [];
  if (!sk.startsWith("tags#")) return undefined;
  return tagSet(sk.slice("tags#".length).split("#").map(decodePart));
};

/** Whether a name fits into a key as it is, without a digest: what an upload asks for (F-63). */
export const fitsPartitionKey = (key: string): boolean =>
  !/^(?:project#\d+#)?(?:job|class)-sha256#/.test(key);
export const fitsSortKey = (key: string): boolean => !key.startsWith("tags-sha256#");

/**
 * The name before what `parallel` adds: `test 1/3` → `test`, `test: [linux, arm64]` → `test`. Undefined when
 * nothing was added. By hand and in linear time: names come from outside.
 * https://docs.gitlab.com/ci/yaml/#parallel
 */
export const withoutParallelSuffix = (name: string): string | undefined => {
  if (name.endsWith("]")) {
    const start = name.indexOf(": [");
    return start > 0 ? name.slice(0, start) : undefined;
  }
  const space = name.lastIndexOf(" ");
  return space > 0 && /^\d+\/\d+$/.test(name.slice(space + 1)) ? name.slice(0, space) : undefined;
};
