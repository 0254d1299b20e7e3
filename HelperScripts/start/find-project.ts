import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { configurationOf } from "../configuration";
import { type Context, UsageError } from "../context";
import type { Deployment } from "../deployment";
import { fieldsOf, numberOf } from "../gitlab/json";
import { operatorGitLab } from "../gitlab/operator-gitlab";
import { type JobAddress, projectPath } from "./job-address";

const askGitLab = async (context: Context, url: string, token: string, path: string): Promise<number> => {
  const gitLab = operatorGitLab(context.fetch, url, token);
  const { status, body } = await gitLab.get(`/projects/${encodeURIComponent(path)}`);
  const id = numberOf(fieldsOf(body).id);
  if (status === 200 && id !== undefined) return id;
  throw new UsageError(
    `GitLab does not show the project ${path} to the stored token (${status}): check the address, or give --project`,
  );
};

/**
 * A project's id, by its id or full path.
 *
 * @throws UsageError when the path cannot be asked for, or GitLab does not show it
 */
export const projectIdOf = async (
  context: Context,
  deployment: Deployment,
  project: number | string,
): Promise<number> => {
  if (typeof project === "number") return project;
  const { url, accessToken } = await configurationOf(context, deployment).read(["url", "accessToken"]);
  if (accessToken !== undefined && url !== undefined)
    return askGitLab(context, checkGitLabUrl(url.value), accessToken.value, project);
  throw new UsageError(
    `Without Url and AccessToken GitLab cannot be asked for ${project}: give the project's id`,
  );
};

/**
 * The project of a job that the ledger does not know: as given, or as GitLab names it by the job's address.
 *
 * @throws UsageError when neither is to be had
 */
export const findProject = async (
  context: Context,
  deployment: Deployment,
  { jobId, projectUrl }: JobAddress,
  given: number | undefined,
): Promise<number> => {
  const { url, accessToken } = await configurationOf(context, deployment).read(["url", "accessToken"]);
  if (accessToken === undefined || url === undefined) {
    throw new UsageError(
      `The ledger does not know job ${jobId}, and without Url and AccessToken GitLab cannot be asked: store them (configure)`,
    );
  }
  if (given !== undefined) return given;
  if (projectUrl === undefined) {
    throw new UsageError(
      `The ledger does not know job ${jobId}: give its address as GitLab shows it, or --project with its project's id`,
    );
  }
  const base = checkGitLabUrl(url.value);
  return askGitLab(context, base, accessToken.value, projectPath(projectUrl, base));
};

/**
 * Ids are one GitLab's: an address of another one names another job.
 *
 * @throws UsageError when the address is not below the deployment's `Url`
 */
export const checkAddress = async (
  context: Context,
  deployment: Deployment,
  { projectUrl }: JobAddress,
): Promise<void> => {
  if (projectUrl === undefined) return;
  const { url } = await configurationOf(context, deployment).read(["url"]);
  if (url !== undefined) projectPath(projectUrl, checkGitLabUrl(url.value));
};
