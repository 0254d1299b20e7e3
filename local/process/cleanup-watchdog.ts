/**
 * Waits until the laptop's process has ended, in whatever way (its standard input then ends); then ends what
 * of that run is still alive and removes the run's folder.
 */
import { rmSync } from "node:fs";
import { endOwnedProcesses } from "./owned-processes";

const run = process.argv[2] ?? "";
// A folder of ours and nothing shorter, for it is removed at the end.
if (!/\/gitlab-runners-[^/]+$/.test(run)) process.exit(2);

/** Enough for a runner to report its job to a GitLab that is not the laptop's own. */
const GRACE_MS = 2_000;

const finish = async (): Promise<void> => {
  await endOwnedProcesses({ variable: `GLR_LAPTOP_RUN=${run}`, folder: run }, GRACE_MS);
  rmSync(run, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.stdin.resume();
process.stdin.on("close", () => void finish());
