// First: a job must not be able to open this process's inspector.
import "../../Core/process/no-inspector";
import { text } from "node:stream/consumers";
import { log } from "../../Core/log";
import { systemTable } from "../../Core/process/process-table";
import { startHookServer } from "./hooks/hook-server";
import { Lifecycle } from "./hooks/lifecycle";
import { parseRunRequest } from "./hooks/run-request";
import { jobUser } from "./run/job-user";
import { runJob } from "./run/run-job";
import { startRun } from "./run/start-run";
import { startDocker } from "./tools/docker-daemon";
import { touchTools } from "./tools/touch-tools";

/** Set on a developer's computer alone. */
const { GLR_HOOKS_SOCKET: socket } = process.env;
/** The port that Lambda calls, as the images' `Hooks` say. */
const LISTEN = socket || 9000;
const FOLDER = process.env.GLR_ROOT || "/var/lib/glr";
const CA_FILE = "/opt/glr/gitlab-ca.pem";

/** The word by which this program is told to run a job instead of serving the hooks. */
const RUN = "run";

/**
 * The job has a process of its own, made after the snapshot: nothing that this one has in its memory, random numbers among it,
 * is shared with other VMs.
 */
const serve = async (): Promise<void> => {
  const docker = startDocker(process.env);
  const lifecycle = new Lifecycle({
    isReady: docker.isUp,
    validate: () => touchTools(process.env),
    start: (request) => startRun([process.execPath, __filename, RUN], request),
  });
  await startHookServer(LISTEN, lifecycle);
  log.info("HOOKS_SERVED", { listen: LISTEN });
};

const run = async (): Promise<void> => {
  const outcome = await runJob(parseRunRequest(await text(process.stdin)), {
    folder: FOLDER,
    caFile: CA_FILE,
    binary: process.env.GITLAB_RUNNER || "gitlab-runner",
    variables: process.env,
    table: systemTable(),
    user: socket ? async () => undefined : jobUser,
  });
  // Whatever a job has left here does not keep this process.
  process.exit(outcome.kind === "runner-failed" ? 1 : 0);
};

(process.argv[2] === RUN ? run() : serve()).catch((error: Error) => {
  log.error("MICROVM_FAILED", { error: error.name, message: error.message });
  process.exit(1);
});
