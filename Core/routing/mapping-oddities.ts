/**
 * What a row may say and no job of GitLab can have: such a row is read as it is, and waits for a job that
 * never comes. Each sentence continues one that began with the row or the entry.
 */

/** GitLab's limit for a job's name and for a tag, in characters. */
const MAX_LENGTH = 255;

/** Control characters, lone halves of surrogate pairs, and what a wrong conversion leaves behind. */
const UNLIKELY = /[\p{Cc}\p{Cs}\ufffd]/u;

/** https://docs.gitlab.com/ci/jobs/#job-names-limitations and the global keywords of https://docs.gitlab.com/ci/yaml/ */
const KEYWORDS = [
  "after_script",
  "before_script",
  "cache",
  "default",
  "false",
  "image",
  "include",
  "nil",
  "services",
  "stages",
  "true",
  "variables",
  "workflow",
];

const textOddities = (what: string, text: string): readonly string[] => [
  ...([...text].length > MAX_LENGTH
    ? [`has a ${what} of more than ${MAX_LENGTH} characters, GitLab's limit: no job has it`]
    : []),
  ...(UNLIKELY.test(text)
    ? [`has a ${what} with a control character or a broken one: write it again by hand`]
    : []),
];

/** What is odd about a job's name; none for `*`, which means any job. */
export const nameOddities = (name: string): readonly string[] => [
  ...textOddities("name", name),
  ...(name.trim() === name ? [] : ["has a name with blanks at its ends, which count: take them away"]),
  ...(name.startsWith(".") ? ["has a name that begins with a dot: GitLab runs no such job"] : []),
  ...(KEYWORDS.includes(name) ? [`has the name ${name}, a keyword of GitLab's: no job has it`] : []),
];

/** What is odd about a tag; GitLab parts a tag list at commas. */
export const tagOddities = (tag: string): readonly string[] => [
  ...textOddities("tag", tag),
  ...(tag.includes(",") ? [`has a comma in the tag ${JSON.stringify(tag)}: write two tags instead`] : []),
];
