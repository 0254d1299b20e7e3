import { isListed, needsPath, type ServedProject } from "../../../Core/routing/served-projects";
import type { Dependencies } from "../dependencies";

/**
 * Whether a project's jobs are ours. An empty list leaves it to who asks: a webhook that reached us, or the reconciler,
 * which asks for no other projects. Without AccessToken nobody can be asked for a path, so that ids alone count.
 *
 * @throws TransientError when GitLab does not say where the project lies: then nothing is started
 */
export const isServed = async (
  { gitLab }: Pick<Dependencies, "gitLab">,
  served: readonly ServedProject[],
  projectId: number,
): Promise<boolean> => {
  if (served.length === 0) return true;
  const isAsked = gitLab.mode === "verified" && needsPath(served, projectId);
  const path = isAsked ? (await gitLab.project(projectId))?.path : undefined;
  return isListed(served, projectId, path);
};
