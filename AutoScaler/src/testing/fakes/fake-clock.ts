import type { Time } from "../../../../Core/model/ledger";
import type { Clock } from "../../ports";

export interface FakeClock extends Clock {
  /** Advances the time without a sleep. */
  advance(milliseconds: number): void;
  /** All sleeps so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Called during a sleep, before it ends: what else happens in the meantime. */
  duringSleep: (milliseconds: number) => void | Promise<void>;
}

/** A clock that only moves when a test or a sleep advances it. A sleep returns at once, so no test waits. */
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
