import { monthOf } from "./days";
import { projectPrefix } from "./usage-key";
import type { UsageCount, UsageNumbers } from "./usage-reader";

/** Sums by name. */
export const addUp = (all: readonly UsageNumbers[]): UsageNumbers => {
  const sums: Record<string, number> = {};
  for (const numbers of all)
    for (const name in numbers) sums[name] = (sums[name] ?? 0) + (numbers[name] ?? 0);
  return sums;
};

/** Groups of items by a text, in the order of their first ones. */
export const groupBy = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> => {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};

/** What a project used on a day. */
export interface DayUsage {
  /** UTC, `yyyy-mm-dd`. */
  readonly day: string;
  readonly projectId: number;
  /** By class and market: `EC2#big#spot`. */
  readonly groups: Readonly<Record<string, UsageNumbers>>;
}

/** What the jobs of one name used. */
export interface NameUsage {
  readonly name: string;
  readonly numbers: UsageNumbers;
}

/** The slowest and the dearest names of a project's jobs on a day, all others left out. */
export interface DayNames {
  readonly day: string;
  readonly projectId: number;
  readonly names: readonly NameUsage[];
}

/** Names that are kept of each order. */
export const NAMES_KEPT = 20;

/** Of a name's numbers those that a row keeps. */
const OF_NAMES = ["jobs", "runners", "seconds", "usd", "wasteUsd", "unpricedRunners", "waits", "waitMs"];

const kept = (numbers: UsageNumbers): UsageNumbers =>
  Object.fromEntries(OF_NAMES.flatMap((name) => (numbers[name] ? [[name, numbers[name]]] : [])));

/** Seconds of a job of that name. */
export const meanSeconds = ({ numbers }: NameUsage): number => (numbers.seconds ?? 0) / (numbers.jobs || 1);

const usd = ({ numbers }: NameUsage): number => numbers.usd ?? 0;

const first = (names: readonly NameUsage[], orderBy: (one: NameUsage) => number): readonly NameUsage[] =>
  [...names].sort((one, other) => orderBy(other) - orderBy(one)).slice(0, NAMES_KEPT);

export const dearest = (names: readonly NameUsage[]): readonly NameUsage[] => first(names, usd);

export const slowest = (names: readonly NameUsage[]): readonly NameUsage[] =>
  first(
    names.filter(({ numbers }) => numbers.jobs),
    meanSeconds,
  );

/** Sums of the names' numbers, each name once. */
export const byName = (names: readonly NameUsage[]): readonly NameUsage[] =>
  [...groupBy(names, ({ name }) => name)].map(([name, same]) => ({
    name,
    numbers: addUp(same.map(({ numbers }) => numbers)),
  }));

/** What a day's counts sum up to, by project, with all names. */
export const daysOf = (
  day: string,
  counts: readonly UsageCount[],
): { readonly days: readonly DayUsage[]; readonly names: readonly DayNames[] } => {
  const projects = [...groupBy(counts, ({ subject }) => String(subject.projectId))];
  const sums = (of: readonly UsageCount[]) => addUp(of.map(({ numbers }) => numbers));
  return {
    days: projects.map(([id, of]) => {
      const groups = groupBy(of, ({ subject }) => `${subject.classKey}#${subject.market}`);
      const summed = [...groups].map(([key, same]) => [key, sums(same)] as const);
      return { day, projectId: Number(id), groups: Object.fromEntries(summed) };
    }),
    names: projects.map(([id, of]) => {
      const named = of.map(({ subject, numbers }) => ({ name: subject.jobName, numbers }));
      return { day, projectId: Number(id), names: byName(named) };
    }),
  };
};

/** What is stored of a day's names. */
export const namesToKeep = ({ names, ...rest }: DayNames): DayNames => ({
  ...rest,
  names: [...new Set([...dearest(names), ...slowest(names)])].map(({ name, numbers }) => ({
    name,
    numbers: kept(numbers),
  })),
});

/** Kinds of rows that a roll-up writes. */
export type RowKind = "day" | "names";

export const rowPk = (kind: RowKind, month: string): string => `${kind}#${month}`;

/** The key of a row: by month, and in it by project. */
export const rowKey = (kind: RowKind, { day, projectId }: Pick<DayUsage, "day" | "projectId">) => ({
  pk: rowPk(kind, monthOf(day)),
  sk: `${projectPrefix(projectId)}${day}`,
});
