import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { DEFAULT_PATH } from "../../../Core/gitlab-runner/child-environment";

export type Variables = Readonly<Record<string, string | undefined>>;

/** Runs a command with nothing of this program's own environment but where commands are. @returns its output @throws Error */
export const command = async (
  variables: Variables,
  [program = "", ...words]: readonly string[],
  timeout = 60_000,
): Promise<string> => {
  const env = { PATH: variables.PATH || DEFAULT_PATH, HOME: variables.HOME || "/root", LANG: "C.UTF-8" };
  const { stdout } = await promisify(execFile)(program, words, { env, timeout, killSignal: "SIGKILL" });
  return stdout;
};
