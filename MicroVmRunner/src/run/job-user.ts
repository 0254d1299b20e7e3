import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Whom jobs of the shell executor run as, by its numbers. */
export interface JobUser {
  readonly uid: number;
  readonly gid: number;
}

/** The image has this user. */
const NAME = "job";

const idOf = async (flag: "-u" | "-g"): Promise<number> => {
  const { stdout } = await promisify(execFile)("id", [flag, NAME]);
  return Number(stdout);
};

/** undefined where this program is not root, on a developer's computer: jobs run as who started it. */
export const jobUser = async (): Promise<JobUser | undefined> =>
  process.getuid?.() === 0 ? { uid: await idOf("-u"), gid: await idOf("-g") } : undefined;
