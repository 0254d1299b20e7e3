import { ARCHITECTURES, type Architecture, PROVIDERS, type Provider } from "../model/runner-class";
import { type BadRow, type Checked, checkChoice, checkRange, isBad } from "../routing/field-checks";
import { classNameProblem, tagSet } from "../routing/mapping-keys";
import { DISK_GIB } from "../routing/mapping-row";

/**
 * What a job asks for by its tags, e.g. `aws:cpu=4`: field names are the tags' own. A job with tags of ours needs no row
 * of the mapping.
 */
export interface RequestedRunner {
  /** By a tag of its own, e.g. `aws:ec2`. Absent: any that `possible` has. */
  readonly provider?: Provider;
  /** vCPUs at the least. */
  readonly cpu?: number;
  /** GiB at the least. */
  readonly memory?: number;
  readonly arch?: Architecture;
  readonly spot?: boolean;
  /** GiB. */
  readonly disk?: number;
  /** An alias of the settings' bounds. */
  readonly image?: string;
  readonly class?: string;
}

/** A request as read. `possible`: the providers that can meet all of it; at least one. */
export interface ReadRequest extends RequestedRunner {
  readonly possible: readonly Provider[];
}

/** What the tags of ours begin with, and no other tag does, in whatever case. */
const PREFIX = "aws:";

type Field = keyof RequestedRunner;

/** One tag: `aws:<name>`, or `aws:<name>=<value>` where there is a rule for values. */
interface TagRow {
  readonly name: string;
  readonly field: Field;
  /** Who can meet it; the first is taken where nothing else decides. */
  readonly providers: readonly Provider[];
  /** Reads the text of a value. Absent: the tag has none, and means its provider. */
  readonly read?: (text: string) => Checked;
}

const numberIn =
  (min: number, max: number, unit: string) =>
  (text: string): Checked =>
    checkRange(/^[1-9]\d{0,6}$/.test(text) ? Number(text) : undefined, min, max, unit);

const readSwitch = (text: string): Checked => {
  const checked = checkChoice(["true", "false"], text);
  return isBad(checked) ? checked : { value: text === "true" };
};

/** An image's alias, in tags and in the settings. */
export const isAlias = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text);

const readAlias = (text: string): Checked =>
  isAlias(text) ? { value: text } : { problem: "must be an alias of letters, digits and . _ -" };

const readClass = (text: string): Checked => {
  const problem = classNameProblem(text);
  return problem === undefined ? { value: text } : { problem };
};

export const MAX_CPU = 1_024;
export const MAX_MEMORY_GIB = 32_768;

/** The grammar: a further tag or provider is a further row. */
const TAG_ROWS: readonly TagRow[] = [
  { name: "lambda", field: "provider", providers: ["LAMBDA"] },
  { name: "ec2", field: "provider", providers: ["EC2"] },
  { name: "microvm", field: "provider", providers: ["MICROVM"] },
  { name: "cpu", field: "cpu", providers: ["EC2"], read: numberIn(1, MAX_CPU, "vCPUs") },
  { name: "memory", field: "memory", providers: ["EC2"], read: numberIn(1, MAX_MEMORY_GIB, "GiB") },
  {
    name: "arch",
    field: "arch",
    providers: ["EC2"],
    read: (text) => checkChoice(ARCHITECTURES, text),
  },
  { name: "spot", field: "spot", providers: ["EC2"], read: readSwitch },
  { name: "disk", field: "disk", providers: ["EC2"], read: numberIn(DISK_GIB.min, DISK_GIB.max, "GiB") },
  { name: "image", field: "image", providers: ["EC2"], read: readAlias },
  { name: "class", field: "class", providers: PROVIDERS, read: readClass },
];

const KNOWN = TAG_ROWS.map(({ name, read }) => `${PREFIX}${name}${read ? "=" : ""}`).join(", ");

/** A tag's text and what it says. */
interface ReadTag {
  readonly tag: string;
  readonly row: TagRow;
  readonly value: unknown;
}

const MAX_SHOWN = 60;
const shown = (tag: string): string => (tag.length > MAX_SHOWN ? `${tag.slice(0, MAX_SHOWN)}…` : tag);

const readTag = (tag: string): ReadTag | BadRow => {
  const [, name, text] = /^aws:([^=]*)(?:=(.*))?$/s.exec(tag) ?? [];
  const row = TAG_ROWS.find((each) => each.name === name);
  if (row === undefined) return { problem: `${shown(tag)} is unknown: known are ${KNOWN}` };
  if (row.read === undefined) {
    return text === undefined
      ? { tag, row, value: row.providers[0] }
      : { problem: `${shown(tag)}: it has no value: write ${PREFIX}${row.name}` };
  }
  const checked = row.read(text ?? "");
  return isBad(checked)
    ? { problem: `${shown(tag)}: its value ${checked.problem}` }
    : { tag, row, value: checked.value };
};

const goTogether = (one: ReadTag, other: ReadTag): boolean =>
  one.row.field !== other.row.field &&
  one.row.providers.some((provider) => other.row.providers.includes(provider));

/** By their place in the grammar, so that the tags' order never matters. */
const byRow = (one: ReadTag, other: ReadTag): number =>
  TAG_ROWS.indexOf(one.row) - TAG_ROWS.indexOf(other.row);

const contradiction = (tags: readonly ReadTag[]): BadRow | undefined => {
  for (const [place, one] of tags.entries()) {
    const other = tags.slice(place + 1).find((each) => !goTogether(one, each));
    if (other === undefined) continue;
    return { problem: `${shown(one.tag)} and ${shown(other.tag)} contradict each other: keep one` };
  }
  return undefined;
};

const requestOf = (tags: readonly ReadTag[]): RequestedRunner =>
  Object.fromEntries(tags.map(({ row, value }) => [row.field, value]));

/**
 * Reads a job's tags, as GitLab's API has them.
 *
 * @returns undefined: none of them is ours; BadRow: one of ours is wrong, or two contradict each other
 */
export const parseJobTags = (tags: readonly string[]): ReadRequest | BadRow | undefined => {
  const ours = tagSet(tags).filter((tag) => tag.toLowerCase().startsWith(PREFIX));
  if (ours.length === 0) return undefined;
  const read: ReadTag[] = [];
  for (const tag of ours) {
    const each = readTag(tag);
    if (isBad(each)) return each;
    read.push(each);
  }
  read.sort(byRow);
  const problem = contradiction(read);
  if (problem) return problem;
  const possible = read
    .map(({ row }) => row.providers)
    .reduce((all, each) => all.filter((provider) => each.includes(provider)));
  return { ...requestOf(read), possible };
};

/** The tags that say a request, in the grammar's order. */
export const printJobTags = (requested: RequestedRunner): readonly string[] =>
  TAG_ROWS.flatMap(({ name, field, providers, read }) => {
    const value = requested[field];
    if (read === undefined) return value === providers[0] ? [`${PREFIX}${name}`] : [];
    return value === undefined ? [] : [`${PREFIX}${name}=${value}`];
  });
