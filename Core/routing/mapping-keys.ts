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

/** Why a key cannot be read: `problem` continues a sentence that began with the row's name. */
export interface BadKey {
  readonly problem: string;
}

const JOB_KEY_FORM =
  'has a key that no job leads to: write job#<name> or project#<id>#job#<name>, in a name "%" as %25 and "#" as %23';

const keyOfParts = (name: string, projectId?: number): string =>
  projectId === undefined ? jobKey(name) : projectJobKey(projectId, name);

/**
 * Reads a job row's partition key as look-up does: what no job's key is equal to is a problem, never a guess.
 * `job#a#b` and `job#100%` are such keys, for the jobs `a#b` and `100%` have `job#a%23b` and `job#100%25`.
 */
export const readJobKey = (pk: string): JobKeyParts | BadKey => {
  if (pk === ANY_JOB_KEY) return {};
  if (pk.startsWith("project#") && pk.endsWith("#job#*")) {
    return {
      problem: 'joins a project and the name "*": limit a class to projects by its "projects" instead',
    };
  }
  const { projectId, name } = parseJobKey(pk) ?? {};
  const isReached =
    name !== undefined &&
    name !== "" &&
    Number.isSafeInteger(projectId ?? 1) &&
    keyOfParts(name, projectId) === pk;
  if (!isReached) return { problem: JOB_KEY_FORM };
  return projectId === undefined ? { name } : { projectId, name };
};

/** What a job row's sort key says: a set of tags, or the digest of a set too long for a key. */
export type TagsKeyParts = { readonly tags: readonly string[] } | { readonly digest: string };

/** Reads a job row's sort key as look-up does; tags may be in any order. */
export const readTagsKey = (sk: string): TagsKeyParts | BadKey => {
  if (/^tags-sha256#[0-9a-f]{64}$/.test(sk)) return { digest: sk };
  const tags = parseTagsKey(sk);
  if (tags === undefined) return { problem: "has a sort key that is not tags#<tag>#<tag>…" };
  const padded = tags.find((tag) => tag.trim() !== tag);
  if (padded === undefined) return { tags };
  return { problem: `has the tag ${JSON.stringify(padded)}: no job's tag has blanks at its ends` };
};

/** Reads a class row's partition key back. */
export const parseClassRowKey = (pk: string): string | undefined => {
  const match = /^class#([^#]*)$/s.exec(pk);
  return match?.[1] === undefined ? undefined : decodePart(match[1]);
};

const MAX_CLASS_NAME_LENGTH = 100;

/** Why a class cannot have a name; continues "the name …". */
export const classNameProblem = (name: string): string | undefined => {
  if (name === "default") return "is what the stack's parameters say: choose another name";
  if (/^[A-Za-z0-9][A-Za-z0-9._ -]*$/.test(name) && name.length <= MAX_CLASS_NAME_LENGTH) return undefined;
  return `must be at most ${MAX_CLASS_NAME_LENGTH} letters, digits, spaces or . _ - and begin with a letter or digit`;
};

/** Reads a class row's keys. */
export const readClassKey = (pk: string, sk: string): { readonly name: string } | BadKey => {
  const name = parseClassRowKey(pk);
  const problem = name === undefined ? 'holds a "#"' : classNameProblem(name);
  if (name === undefined || problem) return { problem: `has a key that no class has: the name ${problem}` };
  return sk === CLASS_SORT_KEY
    ? { name }
    : { problem: `has the sort key of no class: write ${CLASS_SORT_KEY}` };
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
