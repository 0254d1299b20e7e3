import { gitLabVersion } from "../gitlab/webhook-proof";
import { type Check, ok, problem, warning } from "./finding";

const AREA = "GitLab";

/** POST /user/runners, by which a runner is made for one job. https://docs.gitlab.com/api/users/#create-a-runner-linked-to-a-user */
const LEAST = [15, 11] as const;
/** The scope manage_runner, without which a token needs the scope api. https://gitlab.com/gitlab-org/gitlab/-/issues/460721 */
const WITH_SCOPES = [17, 1] as const;

/** @param version e.g. `19.4.0-ee` */
const isBefore = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [ours = 0, rest = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return ours < major || (ours === major && rest < minor);
};

/** Whether GitLab is new enough. One that does not tell its version is left to the other checks. */
export const checkGitLabVersion: Check = async ({ gitLab }) => {
  const version = gitLab && (await gitLabVersion(gitLab));
  if (!version) return [];
  if (isBefore(version, LEAST)) {
    const sentence = `GitLab ${version} cannot make a runner for one job: its API can since 15.11`;
    return [problem(AREA, sentence, "Update GitLab, or store a RegistrationToken instead of AccessToken")];
  }
  if (isBefore(version, WITH_SCOPES)) {
    const sentence = `GitLab ${version} has no scope manage_runner, which came with 17.1`;
    return [warning(AREA, sentence, "Give the access token the scope api, or update GitLab")];
  }
  return [ok(AREA, `GitLab ${version} has all that is needed (17.1 and later)`)];
};
