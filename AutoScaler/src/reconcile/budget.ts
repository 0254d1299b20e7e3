import type { Time } from "../../../Core/model/ledger";
import type { Clock } from "../ports";

/** A bound on what one pass may ask: so many calls, and none after a time. */
export interface Budget {
  /** False: it is used up. */
  take(): boolean;
  isSpent(): boolean;
}

export const budget = (clock: Clock, calls: number, until: Time): Budget => {
  let left = calls;
  const isSpent = (): boolean => left <= 0 || clock.now() >= until;
  return {
    isSpent,
    take: () => {
      if (isSpent()) return false;
      left -= 1;
      return true;
    },
  };
};
