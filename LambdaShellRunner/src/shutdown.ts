import { setTimeout as sleep } from "node:timers/promises";
import type { Current } from "./serve";

/** Lambda leaves two seconds between SIGTERM and the end; a laptop's owner does not want to wait longer either. */
const REPORT_MILLISECONDS = 1_200;

/**
 * The environment is shut down: a job that runs is interrupted, so that GitLab shows a failure, and then ended
 * whatever it does.
 */
export const endEarly = async (current: Current): Promise<void> => {
  current.process?.interrupt();
  await Promise.race([current.done, sleep(REPORT_MILLISECONDS)]);
  await current.process?.processes?.end(REPORT_MILLISECONDS / 2);
  await Promise.race([current.done, sleep(REPORT_MILLISECONDS / 2)]);
};
