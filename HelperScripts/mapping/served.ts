import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { isListed, needsPath, type ServedProject } from "../../Core/routing/served-projects";
import { configurationOf } from "../configuration";
import type { Context } from "../context";
import type { Deployment } from "../deployment";
import { fieldsOf, textOf } from "../gitlab/json";
import { type OperatorGitLab, operatorGitLab } from "../gitlab/operator-gitlab";

const gitLabOf = async (context: Context, deployment: Deployment): Promise<OperatorGitLab | undefined> => {
  const { url, accessToken } = await configurationOf(context, deployment).read(["url", "accessToken"]);
  return url && accessToken
    ? operatorGitLab(context.fetch, checkGitLabUrl(url.value), accessToken.value)
    : undefined;
};

const pathOf = async (gitLab: OperatorGitLab | undefined, projectId: number): Promise<string | undefined> => {
  const answer = await gitLab?.get(`/projects/${projectId}`);
  return answer?.status === 200 ? textOf(fieldsOf(answer.body).path_with_namespace) : undefined;
};

/** Why a project's jobs get no runner at all; undefined: they may. */
export const notServedText = async (
  context: Context,
  deployment: Deployment,
  projectId: number,
  served: readonly ServedProject[],
): Promise<string | undefined> => {
  if (served.length === 0) return undefined;
  const isAsked = needsPath(served, projectId);
  const path = isAsked ? await pathOf(await gitLabOf(context, deployment), projectId) : undefined;
  if (isListed(served, projectId, path)) return undefined;
  const name = path ? `Project ${projectId} (${path})` : `Project ${projectId}`;
  const unknown = isAsked && !path ? " Its path could not be read, so its id alone counts." : "";
  return `${name} is not served: the mapping's settings list other projects. Add it to "projects" under "settings".${unknown}`;
};
