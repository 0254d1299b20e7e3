import { setTimeout as sleep } from "node:timers/promises";
import { ownLimits, wasMarked } from "./job-mark";
import type { ProcessEntry, ProcessTable } from "./process-table";

const POLL_MILLISECONDS = 20;

/** Limits at this process's start: a job of the same user may lower them later. */
const LIMITS_AT_START = ownLimits();

const send = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    // It has ended already, or belongs to another user.
    return false;
  }
};

/** Processes of this user that descend from a job. A job cannot remove their mark. */
const remainingProcesses = (table: ProcessTable, unmarked: string): ProcessEntry[] =>
  table
    .list()
    .filter(({ pid, isZombie }) => pid !== process.pid && !isZombie)
    .filter(({ pid }) => wasMarked(table.inherited(pid).limits, unmarked) && send(pid, 0));

/** The processes found, and whether all of them are gone. */
export interface RemainingProcesses {
  readonly found: number;
  readonly areGone: boolean;
}

/**
 * Kills the processes that former jobs left on a machine where only one job at a time runs, also those that
 * start meanwhile. All are stopped before one is killed, so that none starts another.
 *
 * @param unmarked limits of a process that belongs to no job
 */
export const endRemainingProcesses = async (
  table: ProcessTable,
  limitMilliseconds: number,
  unmarked = LIMITS_AT_START,
): Promise<RemainingProcesses> => {
  const seen = new Set<number>();
  for (const until = performance.now() + limitMilliseconds; ; await sleep(POLL_MILLISECONDS)) {
    const left = remainingProcesses(table, unmarked);
    for (const { pid } of left) seen.add(pid);
    if (left.length === 0) return { found: seen.size, areGone: true };
    if (performance.now() > until) return { found: seen.size, areGone: false };
    for (const { pid } of left) send(pid, "SIGSTOP");
    for (const { pid } of left) send(pid, "SIGKILL");
  }
};

/** True if a job has changed this process's limits, which would affect the next job. */
export const areLimitsChanged = (): boolean => ownLimits() !== LIMITS_AT_START;
