import type { MinuteCounters } from "../../ports";
import { loadLater } from "../load-later";

/**
 * Counters whose client loads beside an environment's first look-up, which is not held up for it: that one reads 0. A
 * flood so gets one call of GitLab for each environment that Lambda starts.
 */
export const minuteCountersLater = (table: string): MinuteCounters => {
  const counters = loadLater("The counters", async () =>
    (await import("./minute-counters-sdk")).minuteCountersSdk(table),
  );
  let isFirst = true;
  return {
    read: async (rows, minute) => {
      if (!isFirst) return (await counters.get()).read(rows, minute);
      isFirst = false;
      counters.begin();
      return rows.map(() => 0);
    },
    add: async (row, minute) => (await counters.get()).add(row, minute),
  };
};
