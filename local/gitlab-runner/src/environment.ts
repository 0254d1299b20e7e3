import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunnerConfig, shortToken } from "./config";
import type { JobPayload, JobVariable } from "./job-log";

/** The folders of a job. */
export interface JobFolders {
  readonly project: string;
  /** Holds file variables and pipes; removed at the job's end. */
  readonly temporary: string;
}

const projectPath = (job: JobPayload): string => {
  const fallback = `project-${job.job_info?.project_id ?? job.id}`;
  try {
    const path = new URL(job.git_info?.repo_url ?? "").pathname.replace(/^\/+|\.git$/g, "");
    return path === "" || path.split("/").includes("..") ? fallback : path;
  } catch {
    return fallback;
  }
};

export const jobFolders = (config: RunnerConfig, job: JobPayload): JobFolders => {
  const project = join(config.buildsDir, shortToken(config.token), "0", projectPath(job));
  return { project, temporary: `${project}.tmp` };
};

const pairs = (environment: readonly string[]): JobVariable[] =>
  environment.flatMap((entry) => {
    const at = entry.indexOf("=");
    return at > 0 ? [{ key: entry.slice(0, at), value: entry.slice(at + 1) }] : [];
  });

const plain = (values: Record<string, string>): JobVariable[] =>
  Object.entries(values).map(([key, value]) => ({ key, value, raw: true }));

/** Expands `$NAME` and `${NAME}` from the preceding variables; `$$` is a dollar sign. */
export const expand = (value: string, known: ReadonlyMap<string, string>): string =>
  value.replace(/\$(\$|\{(\w+)\}|(\w+))/g, (whole, mark: string, braced?: string, bare?: string) =>
    mark === "$" ? whole.slice(1) : (known.get(braced ?? bare ?? "") ?? ""),
  );

const isName = (key: string): boolean => /^[A-Za-z_]\w*$/.test(key);

/** Writes the value of a file variable to a file and returns its path; other values are returned unchanged. */
const stored = (variable: JobVariable, value: string, folders: JobFolders): string => {
  if (!variable.file) return value;
  const path = join(folders.temporary, variable.key);
  mkdirSync(folders.temporary, { recursive: true });
  writeFileSync(path, value, { mode: 0o644 });
  return path;
};

/** The variables of a job. Later ones win: the runner's defaults, the job's, then the runner's final ones. */
export const jobEnvironment = (
  config: RunnerConfig,
  job: JobPayload,
  folders: JobFolders,
  timeoutSeconds: number,
): Map<string, string> => {
  const variables = [
    ...plain({ FF_USE_NEW_BASH_EVAL_STRATEGY: "false", FF_TIMESTAMPS: "true" }),
    ...(job.image?.name ? plain({ CI_JOB_IMAGE: job.image.name }) : []),
    ...pairs(config.environment),
    ...plain({
      CI_BUILDS_DIR: config.buildsDir,
      CI_PROJECT_DIR: folders.project,
      CI_CONCURRENT_ID: "0",
      CI_CONCURRENT_PROJECT_ID: "0",
      CI_SERVER: "yes",
      CI_JOB_STATUS: "running",
      CI_JOB_TIMEOUT: String(timeoutSeconds),
      GITLAB_CI: "true",
      CI: "true",
    }),
    ...(job.variables ?? []),
    ...plain({
      CI_SHARED_ENVIRONMENT: "true",
      GITLAB_ENV: join(folders.temporary, "gitlab_runner_env"),
      RUNNER_TEMP_PROJECT_DIR: folders.temporary,
    }),
  ].filter(({ key }) => isName(key));
  const environment = new Map<string, string>();
  for (const variable of variables) {
    const value = variable.raw ? variable.value : expand(variable.value, environment);
    environment.set(variable.key, stored(variable, value, folders));
  }
  return environment;
};
