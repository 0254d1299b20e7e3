import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Where a job may leave files, and may we take all of it for the job's? In Lambda `/tmp` and `/dev/shm` are this
 * function's alone; on a laptop they are somebody's, so there a new folder is all that is ever cleaned.
 */
export interface EnvironmentRoot {
  /** Where the job's workspace is made. */
  readonly folder: string;
  /** Emptied after the job. */
  readonly emptied: readonly string[];
  /** Nothing but this function runs here. */
  readonly isAlone: boolean;
}

const LAMBDA_FOLDERS = ["/tmp", "/dev/shm"];

/** The image's own marks, all of them: a variable alone could be set anywhere. */
export const isInLambda = (variables: Variables): boolean =>
  variables.LAMBDA_TASK_ROOT === "/var/task" &&
  Boolean(variables.AWS_LAMBDA_RUNTIME_API) &&
  existsSync("/var/runtime");

/** Outside Lambda a new folder each time, below RUNNER_ROOT or the system's own temporary folder. */
export const openRoot = async (variables: Variables, inLambda: boolean): Promise<EnvironmentRoot> => {
  if (inLambda) return { folder: "/tmp", emptied: LAMBDA_FOLDERS, isAlone: true };
  const parent = variables.RUNNER_ROOT || tmpdir();
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "gitlab-runner-"));
  return { folder, emptied: [folder], isAlone: false };
};

/** A job may have taken the right to look into a folder from its owner, who can give it back. */
const makeRemovable = async (path: string): Promise<void> => {
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeRemovable(join(path, entry.name));
  }
};

const remove = async (path: string): Promise<void> => {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await makeRemovable(path).catch(() => {});
    await rm(path, { recursive: true, force: true });
  }
};

const emptyFolder = async (folder: string): Promise<void> => {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) await remove(join(folder, name));
};

/** Removes what the job left, and outside Lambda the folder too. False: something is still there. */
export const emptyRoot = async (root: EnvironmentRoot): Promise<boolean> => {
  try {
    for (const folder of root.emptied) await emptyFolder(folder);
    if (!root.isAlone) await remove(root.folder);
    return true;
  } catch {
    return false;
  }
};
