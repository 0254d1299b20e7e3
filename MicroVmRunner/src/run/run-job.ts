import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { deleteOwnRecord } from "../../../Core/gitlab-runner/delete-record";
import { levelOf, notPrepared, type RunOutcome } from "../../../Core/gitlab-runner/run-outcome";
import { runTimeouts } from "../../../Core/gitlab-runner/run-timeouts";
import type { SingleRun } from "../../../Core/gitlab-runner/runner-config";
import { RunnerProcess } from "../../../Core/gitlab-runner/runner-process";
import { createWorkspace, type Workspace } from "../../../Core/gitlab-runner/workspace";
import { log } from "../../../Core/log";
import type { MicroVmPayload } from "../../../Core/model/microvm-payload";
import type { ProcessTable } from "../../../Core/process/process-table";
import type { RunRequest } from "../hooks/run-request";
import { killJobContainers } from "../tools/job-containers";
import type { JobUser } from "./job-user";

export interface RunDependencies {
  /** Where the job's folder is made. */
  readonly folder: string;
  /** The certificate of GitLab's authority in the image; may be missing. */
  readonly caFile: string;
  /** Path or name of gitlab-runner. */
  readonly binary: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly table: ProcessTable;
  /** Whom jobs of the shell executor run as. undefined: as who runs this. */
  readonly user: () => Promise<JobUser | undefined>;
}

/** GitLab shows it with the job: the end of the VM's id, so no two VMs have the same although they are clones. */
const systemIdOf = (microvmId: string): string =>
  `r_${microvmId
    .replace(/[^0-9a-zA-Z]/g, "")
    .slice(-12)
    .padStart(12, "0")}`;

const certificateOf = (path: string): Promise<string | undefined> =>
  readFile(path).then(
    (file) => file.toString("base64"),
    () => undefined,
  );

const jobOf = async (payload: MicroVmPayload, caFile: string): Promise<SingleRun> => {
  const { url, token, runnerId, waitTimeoutSeconds, cache, executor, image, privileged = false } = payload;
  const caCertificate = await certificateOf(caFile);
  return {
    ...{ url, token, runnerId, waitTimeoutSeconds, provider: "MICROVM" as const },
    ...(cache === undefined ? {} : { cache }),
    ...(caCertificate === undefined ? {} : { caCertificate }),
    ...(executor === "docker" ? { docker: { image, isPrivileged: privileged } } : {}),
  };
};

/** The folder that all jobs' folders are made in may be entered by their user, and not listed. */
const makeWorkspace = async (folder: string, microvmId: string): Promise<Workspace> => {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  return createWorkspace(folder, systemIdOf(microvmId));
};

const giveTo = ({ uid, gid }: JobUser, { folder }: Workspace): Promise<unknown> =>
  promisify(execFile)("chown", ["-R", `${uid}:${gid}`, folder]);

const runOnce = async (
  { microvmId, payload }: RunRequest,
  { folder, caFile, binary, variables, table, user }: RunDependencies,
): Promise<RunOutcome> => {
  const isDocker = payload.executor === "docker";
  try {
    const owner = isDocker ? undefined : await user();
    const workspace = await makeWorkspace(folder, microvmId);
    const runner = new RunnerProcess(
      {
        binary,
        environment: variables,
        timeouts: runTimeouts(payload, payload.lifetimeSeconds * 1_000),
        table,
        before: undefined,
        ...(isDocker ? { killContainers: () => killJobContainers(variables) } : {}),
        ...(owner === undefined ? {} : { user: owner }),
      },
      await jobOf(payload, caFile),
      workspace,
    );
    await runner.prepare();
    if (owner !== undefined) await giveTo(owner, workspace);
    return await runner.run();
  } catch (error) {
    return notPrepared(error);
  }
};

/**
 * Runs gitlab-runner for one job at most, and tells in the log how it ended. The VM itself is ended from outside, so nothing is
 * cleaned up.
 */
export const runJob = async (request: RunRequest, dependencies: RunDependencies): Promise<RunOutcome> => {
  const { microvmId, payload } = request;
  const { runnerId, executor, waitTimeoutSeconds } = payload;
  log.info("RUNNER_STARTING", { runnerId, microvmId, executor, waitTimeoutSeconds });
  const outcome = await runOnce(request, dependencies);
  if (payload.deletesOwnRecord) {
    await deleteOwnRecord(await jobOf(payload, dependencies.caFile));
  }
  const { kind, ...fields } = outcome;
  log[levelOf(outcome)]("RUNNER_ENDED", { runnerId, microvmId, outcome: kind, ...fields });
  return outcome;
};
