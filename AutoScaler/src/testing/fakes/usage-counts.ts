import { readUsageSk, usageKey } from "../../../../Core/usage/usage-key";
import type { UsageCount, UsageNumbers, UsageReader } from "../../../../Core/usage/usage-reader";
import type { LedgerChange } from "../../ports";

const sum = (one: UsageNumbers, other: UsageNumbers): UsageNumbers =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [
      name,
      (one[name] ?? 0) + (other[name] ?? 0),
    ]),
  );

/** A table's counts in memory, by the keys that the table would have. */
export const usageCounts = () => {
  const counts = new Map<string, UsageCount>();
  const reader: UsageReader = {
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
