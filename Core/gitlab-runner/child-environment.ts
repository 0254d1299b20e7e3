import type { Workspace } from "./workspace";

/** The only environment variables that gitlab-runner gets, and with it a job. */
export const ALLOWED_VARIABLES = ["HOME", "PATH", "LANG", "TMPDIR"] as const;

/** Where no PATH is given. */
export const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * The environment of gitlab-runner. A job sees all of it, so it holds none of the function's own variables but PATH, which
 * an image with further tools extends.
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
