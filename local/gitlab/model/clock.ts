/** The stand-in's clock; tests set it by hand. */
export interface StandInClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once after `milliseconds`. @returns a function that cancels it */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemClock: StandInClock = {
  now: () => Date.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A clock that moves only by `advance`, which runs the timers that are due in order. */
export const manualClock = (start = Date.UTC(2026, 0, 1)) => {
  let now = start;
  let due: { readonly at: number; readonly run: () => void }[] = [];
  const next = (until: number) =>
    due.filter((timer) => timer.at <= until).sort((one, other) => one.at - other.at)[0];
  return {
    now: () => now,
    after: (milliseconds: number, run: () => void) => {
      const timer = { at: now + milliseconds, run };
      due.push(timer);
      return () => {
        due = due.filter((other) => other !== timer);
      };
    },
    advance: (milliseconds: number) => {
      const until = now + milliseconds;
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        const fired = timer;
        due = due.filter((other) => other !== fired);
        now = fired.at;
        fired.run();
      }
      now = until;
    },
  };
};
