import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * A mark that a process inherits whatever it does to its environment, session and parent: an odd limit for POSIX
 * message queues, which next to nothing uses. It can be lowered, not raised.
 */
export interface JobMark {
  /** Bytes. */
  readonly messageQueueLimit: number;
}

const ROOM = 300_000;

/** How /proc/<pid>/limits shows a limit; the hard one is the second figure. */
const hardLimit = (limits: string): number | undefined => {
  const value = /^Max msgqueue size\s+\S+\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (value === undefined) return undefined;
  return value === "unlimited" ? 2 ** 31 : Number(value);
};

const ownLimits = (): string => {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    return "";
  }
};

/** Undefined where there is no such limit (macOS) or no room below it. */
export const chooseMark = (limits = ownLimits()): JobMark | undefined => {
  const most = hardLimit(limits);
  if (most === undefined || most <= ROOM) return undefined;
  return { messageQueueLimit: most - randomInt(1, ROOM) };
};

export const hasMark = (limits: string, mark: JobMark | undefined): boolean =>
  mark !== undefined && hardLimit(limits) === mark.messageQueueLimit;

/** The command that runs `command` under the mark, in the same process. */
export const marked = (mark: JobMark | undefined, command: readonly string[]): readonly string[] =>
  mark === undefined
    ? command
    : ["bash", "-c", 'ulimit -q "$0" && exec "$@"', String(mark.messageQueueLimit), ...command];
