import type { Workspace } from "./workspace";

/** All that gitlab-runner, and so a job, gets of an environment. */
export const ALLOWED_VARIABLES = ["HOME", "PATH", "LANG", "TMPDIR"] as const;

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * The environment of gitlab-runner: the job sees all of it, so nothing of the function's own is in it, no matter
 * what the function has. Only PATH is handed on, because an image that brings tools extends it.
 */
export const childEnvironment = (
  parent: Readonly<Record<string, string | undefined>>,
  workspace: Pick<Workspace, "home" | "temporary">,
): Record<(typeof ALLOWED_VARIABLES)[number], string> => ({
  HOME: workspace.home,
  PATH: parent.PATH || DEFAULT_PATH,
  LANG: "C.UTF-8",
  TMPDIR: workspace.temporary,
});
