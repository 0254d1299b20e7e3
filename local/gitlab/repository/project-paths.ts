const FIRST_PROJECT = 1_000_001;
const LOCAL_GROUP = "local";

/** `group/app` → `group`; the last part goes. */
export const parentOf = (path: string): string => path.split("/").slice(0, -1).join("/");

const DEFAULT_PATH = new RegExp(`^${LOCAL_GROUP}/project-([1-9][0-9]{0,14})$`);

/**
 * The paths of projects and groups. Any project is there: one that is asked for by its id is `local/project-<id>`, and
 * one that is asked for by its path has an id of its own from then on. So it is with groups.
 */
export class ProjectPaths {
  readonly #projects: string[] = [];
  readonly #groups = [LOCAL_GROUP];

  projectId(path: string): number {
    const number = DEFAULT_PATH.exec(path)?.[1];
    if (number !== undefined) return Number(number);
    if (!this.#projects.includes(path)) this.#projects.push(path);
    return FIRST_PROJECT + this.#projects.indexOf(path);
  }

  projectPath(id: number): string {
    return this.#projects[id - FIRST_PROJECT] ?? `${LOCAL_GROUP}/project-${id}`;
  }

  groupId(path: string): number {
    if (!this.#groups.includes(path)) this.#groups.push(path);
    return this.#groups.indexOf(path) + 1;
  }

  /** Undefined where no group has that id. */
  groupPath(id: number): string | undefined {
    return this.#groups[id - 1];
  }

  /** Whether a project is in a group or in one below it. */
  isIn(projectId: number, groupId: number): boolean {
    const group = this.groupPath(groupId);
    return group !== undefined && this.projectPath(projectId).startsWith(`${group}/`);
  }
}
