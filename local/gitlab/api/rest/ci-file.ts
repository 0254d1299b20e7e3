import { readCiConfig } from "../../ci/read-config";
import { refused } from "../../ci/refused";
import type { JobSpec } from "../../model/records";
import type { GitLabState } from "../../model/state";
import { filesOf } from "../../repository/files";

export const CI_FILE = ".gitlab-ci.yml";

/**
 * The jobs of a branch's configuration.
 *
 * @throws ApiError 400 with GitLab's words where there is none
 */
export const jobsOfBranch = (state: GitLabState, projectId: number, branch: string): readonly JobSpec[] => {
  const files = filesOf(state, projectId, branch);
  if (files === undefined) throw refused("Reference not found");
  const text = files.get(CI_FILE);
  if (text === undefined) throw refused("Missing CI config file");
  return readCiConfig(text).jobs;
};
