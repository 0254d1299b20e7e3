import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Where a job may write, and what is removed after it. In Lambda `/tmp` and `/dev/shm` belong to this function alone. On a
 * laptop others use them too, so only a new folder is used and removed there.
 */
export interface EnvironmentRoot {
  /** The folder in which the job's workspace is created. */
  readonly folder: string;
  /** Folders that are emptied after the job. */
  readonly emptied: readonly string[];
  /** Whether no other program runs on this machine. */
  readonly isAlone: boolean;
}

const LAMBDA_FOLDERS = ["/tmp", "/dev/shm"];

/** Checks all that tells Lambda's image from other machines, since a single variable could be set anywhere. */
export const isInLambda = (variables: Variables): boolean =>
  variables.LAMBDA_TASK_ROOT === "/var/task" &&
  Boolean(variables.AWS_LAMBDA_RUNTIME_API) &&
  existsSync("/var/runtime");

/** Outside Lambda: creates a new folder in RUNNER_ROOT or in the system's temporary folder. */
export const openRoot = async (variables: Variables, inLambda: boolean): Promise<EnvironmentRoot> => {
  if (inLambda) return { folder: "/tmp", emptied: LAMBDA_FOLDERS, isAlone: true };
  const parent = variables.RUNNER_ROOT || tmpdir();
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "gitlab-runner-"));
  return { folder, emptied: [folder], isAlone: false };
};

/** Restores the owner's rights on folders, which a job may have removed. */
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

/** Removes the job's files, and outside Lambda the folder too. @returns false when something could not be removed */
export const emptyRoot = async (root: EnvironmentRoot): Promise<boolean> => {
  try {
    for (const folder of root.emptied) await emptyFolder(folder);
    if (!root.isAlone) await remove(root.folder);
    return true;
  } catch {
    return false;
  }
};
