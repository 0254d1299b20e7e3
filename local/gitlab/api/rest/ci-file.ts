import type { JobSpec } from "../../model/records";
import type { GitLabState } from "../../model/state";
import { filesOf } from "../../repository/files";
import { ApiError } from "../api-error";
import { parseJobSpecs } from "./job-specs";

export const CI_FILE = ".gitlab-ci.yml";

/** As GitLab says why it makes no pipeline. */
const refused = (why: string): ApiError => new ApiError(400, { message: { base: [why] } });

/** Keys of the file that are no jobs: https://docs.gitlab.com/ci/yaml/#global-keywords */
const GLOBAL = [
  "after_script",
  "before_script",
  "cache",
  "default",
  "image",
  "include",
  "services",
  "spec",
  "stages",
  "variables",
  "workflow",
];

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3_600 };

/** `10 minutes` in seconds; what is no such text is left as it is. */
const inSeconds = (timeout: unknown): unknown => {
  const [, count, unit = ""] = /^(\d+) (second|minute|hour)s?$/.exec(String(timeout)) ?? [];
  return count === undefined ? timeout : Number(count) * (SECONDS[unit] ?? 1);
};

const jobOf = ([name, value]: readonly [string, unknown]): object => {
  const fields = typeof value === "object" && value !== null ? { ...value } : {};
  return { ...fields, name, ...("timeout" in fields ? { timeout: inSeconds(fields.timeout) } : {}) };
};

const parse = (text: string): object => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw refused("This GitLab reads the configuration as JSON alone, which YAML contains");
};

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
  const entries = Object.entries(parse(text));
  const jobs = entries.filter(([key]) => !key.startsWith(".") && !GLOBAL.includes(key)).map(jobOf);
  if (jobs.length === 0) throw refused("No stages / jobs for this pipeline.");
  return parseJobSpecs(jobs);
};
