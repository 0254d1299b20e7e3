import type { Console } from "./console";

/** Tells how far something is, once it takes more than a second. */
export interface Progress {
  step(done: number): void;
  end(): void;
}

const TIMEOUT_MILLISECONDS = 1_000;
const LINE_EVERY_MILLISECONDS = 5_000;
const BAR_WIDTH = 30;

const bar = (share: number): string => {
  const full = Math.round(share * BAR_WIDTH);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)}`;
};

/**
 * A bar on a terminal, a line every five seconds elsewhere; nothing for what is done within a second.
 *
 * @param total how many steps there are
 */
export const progress = (console: Console, now: () => number, label: string, total: number): Progress => {
  const startedAt = now();
  let shownAt: number | undefined;
  const show = (done: number): void => {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const percent = `${Math.floor(share * 100)} %`;
    if (console.isTerminal) console.replaceLine(`${label} ${bar(share)} ${percent} (${done}/${total})`);
    else console.err(`${label}: ${percent} (${done} of ${total})`);
    shownAt = now();
  };
  return {
    step: (done) => {
      const every = console.isTerminal ? 100 : LINE_EVERY_MILLISECONDS;
      const isDue = now() - startedAt >= TIMEOUT_MILLISECONDS && now() - (shownAt ?? 0) >= every;
      if (isDue) show(done);
    },
    end: () => {
      if (shownAt !== undefined && console.isTerminal) console.replaceLine("");
    },
  };
};
