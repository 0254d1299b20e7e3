import type { Time } from "../../../Core/model/ledger";
import type { Clock } from "../ports";

/** Limits the calls of one pass: a number of calls, and no call after a given time. */
export interface Budget {
  /** Takes one call. Returns false when the budget is used up. */
  take(): boolean;
  isSpent(): boolean;
  /** Calls that are left, whatever the time. */
  left(): number;
}

export const budget = (clock: Clock, calls: number, until: Time): Budget => {
  let left = calls;
  const isSpent = (): boolean => left <= 0 || clock.now() >= until;
  return {
    isSpent,
    left: () => left,
    take: () => {
      if (isSpent()) return false;
      left -= 1;
      return true;
    },
  };
};
