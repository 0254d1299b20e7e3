import { setTimeout as sleep } from "node:timers/promises";
import type { RunnerProcess } from "../../../Core/gitlab-runner/runner-process";

/** The current run, for the handler of SIGTERM. */
export interface ActiveRun {
  process?: Pick<RunnerProcess, "interrupt" | "killJob" | "processes">;
  /** Settles when the run is over and cleaned up. */
  done?: Promise<unknown>;
}

/** Two seconds in all: that is what Lambda allows between SIGTERM and SIGKILL. */
const JOB_MILLISECONDS = 500;
const REPORT_MILLISECONDS = 1_000;
const CLEAN_MILLISECONDS = 300;

/**
 * Ends the current run when the environment is shut down. First the runner interrupts its job and reports that. A job that
 * ignores SIGTERM is killed, but not the runner, which still reports. Finally all remaining processes are killed.
 */
export const shutDown = async ({ process: run, done }: ActiveRun): Promise<void> => {
  run?.interrupt();
  await Promise.race([done, sleep(JOB_MILLISECONDS)]);
  run?.killJob();
  await Promise.race([done, sleep(REPORT_MILLISECONDS)]);
  await run?.processes?.end(CLEAN_MILLISECONDS / 2);
  await Promise.race([done, sleep(CLEAN_MILLISECONDS / 2)]);
};
