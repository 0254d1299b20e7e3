import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DEFAULT_PATH } from "../../../Core/gitlab-runner/child-environment";

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

/** In Lambda: all that a job may write to. */
export const LAMBDA_FOLDERS: readonly string[] = ["/tmp", "/dev/shm"];

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

/** Nothing of the function's own environment: processes of a job may be looking. */
const tool = (name: string, ...words: string[]): Promise<unknown> =>
  promisify(execFile)(name, words, { env: { PATH: DEFAULT_PATH } });

/**
 * A job may have taken the rights on its folders away, and may have nested them so deeply that no path reaches them:
 * chmod and rm go down step by step.
 */
const remove = async (path: string): Promise<void> => {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await tool("chmod", "-R", "u+rwx", "--", path).catch(() => {});
    await tool("rm", "-rf", "--", path);
  }
};

const emptyFolder = async (folder: string): Promise<number> => {
  if (!existsSync(folder)) return 0;
  const names = await readdir(folder);
  for (const name of names) await remove(join(folder, name));
  return names.length;
};

/** @returns how many entries there were; undefined when something could not be removed */
export const emptyFolders = async (folders: readonly string[]): Promise<number | undefined> => {
  try {
    let entries = 0;
    for (const folder of folders) entries += await emptyFolder(folder);
    return entries;
  } catch {
    return undefined;
  }
};

/** Removes the job's files, and outside Lambda the folder too. @returns false when something could not be removed */
export const emptyRoot = async (root: EnvironmentRoot): Promise<boolean> => {
  if ((await emptyFolders(root.emptied)) === undefined) return false;
  if (root.isAlone) return true;
  return remove(root.folder).then(
    () => true,
    () => false,
  );
};
