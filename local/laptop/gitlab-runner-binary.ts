import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The gitlab-runner that runs jobs, and whether it is the real one. */
export interface RunnerBinary {
  readonly path: string;
  readonly isReal: boolean;
}

const STAND_IN = join(__dirname, "../gitlab-runner/gitlab-runner");

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** `GITLAB_RUNNER`, else the first `gitlab-runner` on PATH, else the stand-in. */
export const findGitLabRunner = (env: Readonly<Record<string, string | undefined>>): RunnerBinary => {
  const configured = env.GITLAB_RUNNER;
  if (configured) return { path: configured, isReal: configured !== STAND_IN };
  const onPath = (env.PATH ?? "").split(delimiter).map((folder) => join(folder, "gitlab-runner"));
  const found = onPath.find(isExecutable);
  return found ? { path: found, isReal: true } : { path: STAND_IN, isReal: false };
};
