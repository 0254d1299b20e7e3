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

/** This process's limits, as /proc shows them; empty where it does not. */
export const ownLimits = (): string => {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    return "";
  }
};

/**
 * True if a process is marked or descends from a marked one: its limit is below that of unmarked processes.
 *
 * @param unmarked limits of a process that is certainly not marked
 */
export const wasMarked = (limits: string, unmarked: string): boolean => {
  const [limit, most] = [hardLimit(limits), hardLimit(unmarked)];
  return limit !== undefined && most !== undefined && limit < most;
};

/** @returns undefined where the limit does not exist (macOS) or is too low */
export const chooseMark = (limits = ownLimits()): JobMark | undefined => {
  const most = hardLimit(limits);
  if (most === undefined || most <= ROOM) return undefined;
  return { messageQueueLimit: most - randomInt(1, ROOM) };
};

export const hasMark = (limits: string, mark: JobMark | undefined): boolean =>
  mark !== undefined && hardLimit(limits) === mark.messageQueueLimit;

const setLimits = (mark: JobMark | undefined): string =>
  mark === undefined ? "ulimit -c 0" : `ulimit -c 0 && ulimit -q ${mark.messageQueueLimit}`;

/**
 * A command that sets the mark and then executes `command` in the same process. It disables core files, which
 * would contain a runner's token.
 */
export const marked = (mark: JobMark | undefined, command: readonly string[]): readonly string[] => [
  "bash",
  "-c",
  `${setLimits(mark)} && exec "$0" "$@"`,
  ...command,
];
