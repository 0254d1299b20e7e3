import { parseJob, parseProtected } from "../../Core/gitlab/answers";
import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { refPath } from "../../Core/gitlab/paths";
import { configurationOf } from "../configuration";
import type { Context } from "../context";
import type { Deployment } from "../deployment";
import { type OperatorGitLab, operatorGitLab } from "../gitlab/operator-gitlab";
import type { ShellRefusal, ShellTarget } from "./refusals";

const gitLabOf = async (context: Context, deployment: Deployment): Promise<OperatorGitLab | undefined> => {
  const { url, accessToken } = await configurationOf(context, deployment).read(["url", "accessToken"]);
  if (url === undefined || accessToken === undefined) return undefined;
  return operatorGitLab(context.fetch, checkGitLabUrl(url.value), accessToken.value);
};

const isProtected = async (
  gitLab: OperatorGitLab,
  projectId: number,
  ref: { readonly name: string; readonly isTag: boolean },
): Promise<boolean | undefined> => {
  const path = refPath(projectId, ref);
  const answer = path === undefined ? undefined : await gitLab.get(path);
  return answer?.status === 200 ? parseProtected(answer.body) : undefined;
};

/**
 * GitLab's word on a job just now: what the ledger has may be a while old, and a ref may have been protected since.
 *
 * @throws TransientError when GitLab's answer cannot be read
 */
export const refusedByGitLab = async (
  context: Context,
  deployment: Deployment,
  { jobId, projectId, runnerId }: ShellTarget,
): Promise<ShellRefusal | undefined> => {
  const gitLab = await gitLabOf(context, deployment);
  if (gitLab === undefined) return "ref-unknown";
  const { status, body } = await gitLab.get(`/projects/${projectId}/jobs/${jobId}`);
  const job = status === 200 ? parseJob(body, { projectId }) : undefined;
  if (job?.status !== "running" || job.runnerId !== runnerId) return "job-not-running";
  if (job.ref === undefined || job.tag === undefined) return "ref-unknown";
  const protection = await isProtected(gitLab, projectId, { name: job.ref, isTag: job.tag });
  if (protection === undefined) return "ref-unknown";
  return protection ? "ref-protected" : undefined;
};
