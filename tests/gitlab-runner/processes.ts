import { readdirSync, readFileSync } from "node:fs";

/** Whether a process of this machine has `word` in its command line. */
export const hasProcess = (word: string): boolean =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(word);
      } catch {
        // Gone in the meantime.
        return false;
      }
    });
