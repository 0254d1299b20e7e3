import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The folders of one job. They are created for it and removed after it. */
export interface Workspace {
  readonly folder: string;
  readonly home: string;
  /** Holds the pipe for the configuration until it is read, and gitlab-runner's system id. */
  readonly config: string;
  readonly builds: string;
  readonly cache: string;
  readonly temporary: string;
}

/** gitlab-runner's id of a machine that has none of its own. */
const randomSystemId = (): string => `r_${randomBytes(6).toString("hex")}`;

/**
 * Creates the folders with mode 0700, under a random name.
 *
 * @param systemId gitlab-runner's id of this machine: `r_` and twelve letters or digits
 */
export const createWorkspace = async (root: string, systemId = randomSystemId()): Promise<Workspace> => {
  const folder = await mkdtemp(join(root, "job-"));
  const below = (name: string): string => join(folder, name);
  const workspace = {
    folder,
    home: below("home"),
    config: below("config"),
    builds: below("builds"),
    cache: below("cache"),
    temporary: below("tmp"),
  };
  const { home, config, builds, cache, temporary } = workspace;
  await Promise.all([home, config, builds, cache, temporary].map((path) => mkdir(path, { mode: 0o700 })));
  await writeFile(join(config, ".runner_system_id"), systemId, { mode: 0o600 });
  return workspace;
};
