import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * A mark that all descendants of a process inherit, even with a new session, parent or environment: an
 * unusual limit for POSIX message queues, which few programs use. A process can lower it but not raise it.
 */
export interface JobMark {
  /** Bytes. */
  readonly messageQueueLimit: number;
}

const ROOM = 300_000;

/** The hard limit in /proc/<pid>/limits: the second figure of the line. */
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

/** @returns undefined where the limit does not exist (macOS) or is too low */
export const chooseMark = (limits = ownLimits()): JobMark | undefined => {
  const most = hardLimit(limits);
  if (most === undefined || most <= ROOM) return undefined;
  return { messageQueueLimit: most - randomInt(1, ROOM) };
};

export const hasMark = (limits: string, mark: JobMark | undefined): boolean =>
  mark !== undefined && hardLimit(limits) === mark.messageQueueLimit;

/** A command that sets the mark and then executes `command` in the same process. */
export const marked = (mark: JobMark | undefined, command: readonly string[]): readonly string[] =>
  mark === undefined
    ? command
    : ["bash", "-c", 'ulimit -q "$0" && exec "$@"', String(mark.messageQueueLimit), ...command];
