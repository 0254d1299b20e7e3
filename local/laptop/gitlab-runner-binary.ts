import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The program that runs jobs, and whether it is GitLab's own. */
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
  const given = env.GITLAB_RUNNER;
  if (given) return { path: given, isReal: given !== STAND_IN };
  const onPath = (env.PATH ?? "").split(delimiter).map((folder) => join(folder, "gitlab-runner"));
  const found = onPath.find(isExecutable);
  return found ? { path: found, isReal: true } : { path: STAND_IN, isReal: false };
};
