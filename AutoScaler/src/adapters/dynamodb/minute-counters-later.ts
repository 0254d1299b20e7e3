import type { MinuteCounters } from "../../ports";
import { loadLater } from "../load-later";

/**
 * Counters whose client loads during an environment's first look-up. That look-up does not wait for it and
 * reads 0, so a flood causes at most one call to GitLab for each environment that Lambda starts.
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
