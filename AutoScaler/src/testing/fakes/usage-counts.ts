import { monthOf } from "../../../../Core/usage/days";
import type { DayNames, DayUsage } from "../../../../Core/usage/sums";
import { readUsageSk, usageKey } from "../../../../Core/usage/usage-key";
import type { UsageCount, UsageNumbers } from "../../../../Core/usage/usage-reader";
import type { LedgerChange, UsageRows } from "../../ports";

/** A simulated hour counts half a million times: nothing is made but the sum. */
const sum = (one: UsageNumbers, more: UsageNumbers): UsageNumbers => {
  const total: Record<string, number> = { ...one };
  for (const name in more) total[name] = (total[name] ?? 0) + (more[name] ?? 0);
  return total;
};

/** A table's counts in memory, by the keys that the table would have. */
export const usageCounts = () => {
  const counts = new Map<string, UsageCount>();
  const days = new Map<string, DayUsage>();
  const names = new Map<string, DayNames>();
  const of = <Row extends Pick<DayUsage, "day" | "projectId">>(
    rows: ReadonlyMap<string, Row>,
    month: string,
    projectId: number | undefined,
  ): readonly Row[] =>
    [...rows]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, row]) => row)
      .filter((row) => monthOf(row.day) === month && (projectId ?? row.projectId) === row.projectId);
  const put = <Row extends Pick<DayUsage, "day" | "projectId">>(rows: Map<string, Row>, row: Row): void =>
    void rows.set(`${row.projectId}#${row.day}`, structuredClone(row));
  const reader: UsageRows = {
    days: async (month, projectId) => of(days, month, projectId),
    names: async (month, projectId) => of(names, month, projectId),
    putDay: async (row) => put(days, row),
    putNames: async (row) => put(names, row),
    counts: async (day, projectId) =>
      [...counts.values()].filter(
        ({ subject }) => subject.day === day && (projectId === undefined || subject.projectId === projectId),
      ),
  };
  return {
    counts,
    reader,
    add: ({ key, add }: Extract<LedgerChange, { readonly count: unknown }>["count"]): void => {
      const { pk, sk } = usageKey(key);
      const before = counts.get(`${pk}/${sk}`);
      const subject = before?.subject ?? readUsageSk(key.day, sk);
      if (subject === undefined) throw new Error(`${sk} cannot be read back`);
      counts.set(`${pk}/${sk}`, { subject, numbers: sum(before?.numbers ?? {}, add) });
    },
  };
};
