/**
 * Which projects are served. An entry is a project's id, its full path (`group/project`), or all of a group and its
 * subgroups (`group/*`). GitLab compares paths without regard to case.
 */
export type ServedProject = number | string;

/** Letters, digits, `_`, `-` and `.`, as GitLab allows them, with a `/` between namespace and project at least. */
const FULL_PATH = /^[A-Za-z0-9_.][\w.-]*(\/[A-Za-z0-9_.][\w.-]*)*\/(\*|[A-Za-z0-9_.][\w.-]*)$/;
const MAX_PATH_LENGTH = 1_024;

export const isServedPath = (value: unknown): value is string =>
  typeof value === "string" && value.length <= MAX_PATH_LENGTH && FULL_PATH.test(value);

const matches = (entry: string, path: string): boolean =>
  entry.endsWith("/*") ? path.startsWith(entry.slice(0, -1)) : path === entry;

/** Whether a project's path has to be known to decide about it. */
export const needsPath = (served: readonly ServedProject[], projectId: number): boolean =>
  !served.includes(projectId) && served.some((entry) => typeof entry === "string");

/**
 * Whether a list names the project. An empty list names none: then those are served whose webhook reached us.
 *
 * @param path its full path in GitLab; undefined: not known, so that only its id can be in the list
 */
export const isListed = (
  served: readonly ServedProject[],
  projectId: number,
  path: string | undefined,
): boolean =>
  served.some((entry) =>
    typeof entry === "number"
      ? entry === projectId
      : path !== undefined && matches(entry.toLowerCase(), path.toLowerCase()),
  );
