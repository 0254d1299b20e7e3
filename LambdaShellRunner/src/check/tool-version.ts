import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { childEnvironment } from "../../../Core/gitlab-runner/child-environment";

/** The first run of the AWS CLI reads a hundred megabytes from an image that nothing was read of yet. */
const TIMEOUT_MILLISECONDS = 40_000;

/**
 * Asks a program for its version, with nothing of the function's own environment.
 *
 * @param binary name or path
 * @returns undefined when it is missing, cannot be run, or tells none
 */
export const toolVersion = async (
  binary: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> => {
  const env = childEnvironment(variables, { home: tmpdir(), temporary: tmpdir() });
  try {
    const { stdout } = await promisify(execFile)(binary, ["--version"], {
      env,
      timeout: TIMEOUT_MILLISECONDS,
      killSignal: "SIGKILL",
    });
    return /\d+\.\d+[\w.-]*/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
};
