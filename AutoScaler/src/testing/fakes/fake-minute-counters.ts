import type { MinuteCounters } from "../../ports";

export interface FakeMinuteCounters extends MinuteCounters {
  readonly counts: Map<string, number>;
}

/** Counters in memory, that never lag. */
export const fakeMinuteCounters = (): FakeMinuteCounters => {
  const counts = new Map<string, number>();
  const key = (row: string, minute: number): string => JSON.stringify([row, minute]);
  return {
    counts,
    read: async (rows, minute) => rows.map((row) => counts.get(key(row, minute)) ?? 0),
    add: async (row, minute) => {
      const count = (counts.get(key(row, minute)) ?? 0) + 1;
      counts.set(key(row, minute), count);
      return count;
    },
  };
};
