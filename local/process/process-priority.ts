import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

const LOWER = constants.priority.PRIORITY_BELOW_NORMAL;

const quietly = (work: () => void): void => {
  try {
    work();
  } catch {
    // It has ended already, or the system has no such thing.
  }
};

/**
 * A job's processes come after what starts the next ones: a burst of jobs must not hold up its own launches.
 * Linux shares the processor between sessions first, so there the session's own weight counts too.
 */
export const lowerPriority = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return;
  quietly(() => setPriority(pid, LOWER));
  if (process.platform === "linux") quietly(() => writeFileSync(`/proc/${pid}/autogroup`, String(LOWER)));
};
