/**
 * Waits for the end of the laptop's process, which closes this one's standard input. Then it ends the remaining
 * processes of that run and removes the run's folder.
 */
// First: jobs run as the same user.
import "../../Core/process/no-inspector";
import { rmSync } from "node:fs";
import { endOwnedProcesses } from "./owned-processes";

const run = process.argv[2] ?? "";
// The path is removed at the end, so it must be a run's folder.
if (!/\/gitlab-runners-[^/]+$/.test(run)) process.exit(2);

/** Time for a runner to report its job, where GitLab is not the laptop's own. */
const GRACE_MS = 2_000;

const finish = async (): Promise<void> => {
  await endOwnedProcesses({ variable: `GLR_LAPTOP_RUN=${run}`, folder: run }, GRACE_MS);
  rmSync(run, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.stdin.resume();
process.stdin.on("close", () => void finish());
