import type { Time } from "../../../../Core/model/ledger";
import { CLOCK_ERROR_MILLISECONDS, type ReservationWindow } from "../../ports";

/** Rows of reservations in memory: row → the next free time. */
export const reservationRows = () => {
  const rows = new Map<string, Time>();
  return {
    rows,
    next: (row: string, { gap, from, until }: ReservationWindow): Time | undefined => {
      const stored = rows.get(row) ?? 0;
      const isOutside = stored < from || stored > until + CLOCK_ERROR_MILLISECONDS;
      const next = isOutside ? from : stored;
      if (next > until) return undefined;
      rows.set(row, next + gap);
      return next;
    },
  };
};
