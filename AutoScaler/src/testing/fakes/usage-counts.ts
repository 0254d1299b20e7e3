import { monthOf } from "../../../../Core/usage/days";
import type { DayNames, DayUsage } from "../../../../Core/usage/sums";
import { readUsageSk, usageKey } from "../../../../Core/usage/usage-key";
import type { UsageCount, UsageNumbers } from "../../../../Core/usage/usage-reader";
import type { LedgerChange, UsageRows } from "../../ports";

interface Row {
  readonly subject: UsageCount["subject"];
  readonly numbers: Record<string, number>;
}

/** In place: a simulated hour counts half a million times. */
const addTo = (numbers: Record<string, number>, more: UsageNumbers): void => {
  for (const name in more) numbers[name] = (numbers[name] ?? 0) + (more[name] ?? 0);
};

const newRow = (day: string, sk: string): Row => {
  const subject = readUsageSk(day, sk);
  if (subject === undefined) throw new Error(`${sk} cannot be read back`);
  return { subject, numbers: {} };
};

const asRead = ({ subject, numbers }: Row): UsageCount => ({ subject, numbers: { ...numbers } });

/** A table's counts in memory, by the keys that the table would have. */
export const usageCounts = () => {
  const counts = new Map<string, Row>();
  const days = new Map<string, DayUsage>();
  const names = new Map<string, DayNames>();
  const of = <Kept extends Pick<DayUsage, "day" | "projectId">>(
    rows: ReadonlyMap<string, Kept>,
    month: string,
    projectId: number | undefined,
  ): readonly Kept[] =>
    [...rows]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, row]) => row)
      .filter((row) => monthOf(row.day) === month && (projectId ?? row.projectId) === row.projectId);
  const put = <Kept extends Pick<DayUsage, "day" | "projectId">>(rows: Map<string, Kept>, row: Kept): void =>
    void rows.set(`${row.projectId}#${row.day}`, structuredClone(row));
  const reader: UsageRows = {
    days: async (month, projectId) => of(days, month, projectId),
    names: async (month, projectId) => of(names, month, projectId),
    putDay: async (row) => put(days, row),
    putNames: async (row) => put(names, row),
    counts: async (day, projectId) =>
      [...counts.values()]
        .filter(
          ({ subject }) =>
            subject.day === day && (projectId === undefined || subject.projectId === projectId),
        )
        .map(asRead),
  };
  return {
    counts,
    reader,
    add: ({ key, add }: Extract<LedgerChange, { readonly count: unknown }>["count"]): void => {
      const { pk, sk } = usageKey(key);
      const row = counts.get(`${pk}/${sk}`) ?? newRow(key.day, sk);
      counts.set(`${pk}/${sk}`, row);
      addTo(row.numbers, add);
    },
  };
};
