import type { Time } from "../../../../Core/ledger";
import { type Moments, STRAY_MILLISECONDS } from "../ports";

/** Rows of moments in memory: row → the next one. */
export const momentRows = () => {
  const rows = new Map<string, Time>();
  return {
    rows,
    next: (row: string, { gap, from, until }: Moments): Time | undefined => {
      const stored = rows.get(row) ?? 0;
      const isStray = stored < from || stored > until + STRAY_MILLISECONDS;
      const next = isStray ? from : stored;
      if (next > until) return undefined;
      rows.set(row, next + gap);
      return next;
    },
  };
};
