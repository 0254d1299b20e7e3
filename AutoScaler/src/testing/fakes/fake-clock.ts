import type { Time } from "../../../../Core/model/ledger";
import type { Clock } from "../../ports";

export interface FakeClock extends Clock {
  /** Moves the time on without a sleeper. */
  advance(milliseconds: number): void;
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Runs while somebody sleeps, before the sleeper dispatches: what the system does meanwhile. */
  duringSleep: (milliseconds: number) => void | Promise<void>;
}

/** A clock that stands still until it is moved. A sleep moves it at once, so no test waits. */
export const fakeClock = (start: Time = Date.UTC(2026, 10, 25, 12)): FakeClock => {
  let now = start;
  const sleeps: number[] = [];
  const clock: FakeClock = {
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    sleeps,
    duringSleep: () => undefined,
    sleep: async (milliseconds) => {
      sleeps.push(milliseconds);
      now += milliseconds;
      await clock.duringSleep(milliseconds);
    },
  };
  return clock;
};
