import { setTimeout as sleep } from "node:timers/promises";
import type { JobProcesses } from "../../Core/process/job-processes";

/** A real shutdown waits for processes to end. Half a second is enough for those that run here. */
const TERM_GRACE_MS = 500;
const KILL_TIMEOUT_MS = 5_000;

/** Ends the processes that are proven to be a machine's: SIGTERM, then SIGKILL. */
export const endProcesses = async (processes: JobProcesses): Promise<void> => {
  for (const { pid } of processes.scan()) {
    try {
      process.kill(pid, "SIGTERM");
    } catch {
      // The process has ended meanwhile.
    }
  }
  for (const until = Date.now() + TERM_GRACE_MS; Date.now() < until && processes.scan().length > 0; ) {
    await sleep(50);
  }
  await processes.end(KILL_TIMEOUT_MS);
};
