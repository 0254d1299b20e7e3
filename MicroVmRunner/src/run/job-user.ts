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

/** @throws Error where there is no such user, which is no image of ours */
export const jobUser = async (): Promise<JobUser> => ({ uid: await idOf("-u"), gid: await idOf("-g") });
