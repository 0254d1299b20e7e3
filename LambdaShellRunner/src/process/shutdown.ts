import { setTimeout as sleep } from "node:timers/promises";
import type { RunnerProcess } from "../gitlab-runner/runner-process";

/** The run that is under way, for whoever has to end it early. */
export interface ActiveRun {
  process?: Pick<RunnerProcess, "interrupt" | "killJob" | "processes">;
  /** Settles when the run is over and cleaned up. */
  done?: Promise<unknown>;
}

/** Lambda leaves two seconds between SIGTERM and the end. */
const JOB_MILLISECONDS = 500;
const REPORT_MILLISECONDS = 1_000;
const CLEAN_MILLISECONDS = 300;

/**
 * The environment is shut down. The runner interrupts its job and reports it; a job that ignores SIGTERM is ended, and the
 * runner spared until it has reported; then all of it is ended.
 */
export const shutDown = async ({ process: run, done }: ActiveRun): Promise<void> => {
  run?.interrupt();
  await Promise.race([done, sleep(JOB_MILLISECONDS)]);
  run?.killJob();
  await Promise.race([done, sleep(REPORT_MILLISECONDS)]);
  await run?.processes?.end(CLEAN_MILLISECONDS / 2);
  await Promise.race([done, sleep(CLEAN_MILLISECONDS / 2)]);
};
