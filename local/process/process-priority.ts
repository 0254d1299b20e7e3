import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

const LOWER = constants.priority.PRIORITY_BELOW_NORMAL;

const ignoreErrors = (work: () => void): void => {
  try {
    work();
  } catch {
    // The process has ended, or the system does not support this.
  }
};

/**
 * Gives a job's processes a lower priority than the laptop's own, so that a burst of jobs does not delay further launches.
 * Linux schedules sessions as groups first (autogroup), so the session's group gets a lower weight too.
 */
export const lowerPriority = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return;
  ignoreErrors(() => setPriority(pid, LOWER));
  if (process.platform === "linux")
    ignoreErrors(() => writeFileSync(`/proc/${pid}/autogroup`, String(LOWER)));
};
