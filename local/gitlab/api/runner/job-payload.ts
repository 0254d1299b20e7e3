import type { StandInJob } from "../../model/records";
import { parentOf } from "../../repository/project-paths";

const variable = (key: string, value: string, isMasked = false) => ({
  key,
  value,
  public: !isMasked,
  file: false,
  masked: isMasked,
  raw: true,
});

const projectName = ({ pipeline }: StandInJob): string => pipeline.projectPath.split("/").at(-1) ?? "";

const projectUrl = (url: string, job: StandInJob): string => `${url}/${job.pipeline.projectPath}`;

/** https://docs.gitlab.com/ci/variables/predefined_variables/, as far as they have a value here. */
const predefined = (url: string, job: StandInJob): Readonly<Record<string, string>> => ({
  CI: "true",
  GITLAB_CI: "true",
  CI_SERVER: "yes",
  CI_SERVER_URL: url,
  CI_SERVER_NAME: "GitLab",
  CI_API_V4_URL: `${url}/api/v4`,
  CI_CONFIG_PATH: ".gitlab-ci.yml",
  CI_DEFAULT_BRANCH: "main",
  CI_PIPELINE_ID: String(job.pipeline.id),
  CI_PIPELINE_IID: String(job.pipeline.iid),
  CI_PIPELINE_SOURCE: "api",
  CI_PIPELINE_URL: `${projectUrl(url, job)}/-/pipelines/${job.pipeline.id}`,
  CI_PROJECT_ID: String(job.pipeline.projectId),
  CI_PROJECT_NAME: projectName(job),
  CI_PROJECT_NAMESPACE: parentOf(job.pipeline.projectPath),
  CI_PROJECT_URL: projectUrl(url, job),
  CI_PROJECT_PATH: job.pipeline.projectPath,
  CI_JOB_ID: String(job.id),
  CI_JOB_URL: `${projectUrl(url, job)}/-/jobs/${job.id}`,
  CI_JOB_NAME: job.spec.name,
  CI_JOB_STAGE: job.spec.stage,
  CI_COMMIT_SHA: job.pipeline.sha,
  CI_COMMIT_SHORT_SHA: job.pipeline.sha.slice(0, 8),
  CI_COMMIT_REF_NAME: job.pipeline.ref.name,
  CI_COMMIT_REF_PROTECTED: String(job.pipeline.isProtected),
  [job.pipeline.ref.isTag ? "CI_COMMIT_TAG" : "CI_COMMIT_BRANCH"]: job.pipeline.ref.name,
  CI_RUNNER_TAGS: JSON.stringify(job.runner?.tags ?? []),
  // The stand-in has no repositories: a job has its script and no sources.
  GIT_STRATEGY: "none",
  GIT_CHECKOUT: "false",
});

const variables = (url: string, job: StandInJob) => [
  ...Object.entries(predefined(url, job)).map(([key, value]) => variable(key, value)),
  variable("CI_JOB_TOKEN", job.token ?? "", true),
  ...Object.entries(job.spec.variables).map(([key, value]) => variable(key, value)),
];

const step = (name: string, script: readonly string[], timeout: number) => ({
  name,
  script,
  timeout,
  when: name === "after_script" ? "always" : "on_success",
  allow_failure: name === "after_script",
});

const steps = (job: StandInJob) => [
  step("script", job.spec.script, job.timeoutSeconds),
  ...(job.spec.afterScript.length > 0 ? [step("after_script", job.spec.afterScript, 300)] : []),
];

const jobInfo = (job: StandInJob, now: number) => ({
  id: job.id,
  name: job.spec.name,
  stage: job.spec.stage,
  pipeline_id: job.pipeline.id,
  project_id: job.pipeline.projectId,
  project_name: projectName(job),
  project_full_path: job.pipeline.projectPath,
  namespace_id: 1,
  root_namespace_id: 1,
  organization_id: 1,
  time_in_queue_seconds: (now - (job.queuedAt ?? now)) / 1000,
  project_jobs_running_on_instance_runners_count: "0",
});

/** GitLab keeps the caches of protected refs apart by the key. https://docs.gitlab.com/ci/caching/#cache-key-names */
const caches = ({ spec, pipeline }: StandInJob) =>
  spec.caches.map(({ key, paths, policy, when, unprotect }) => ({
    key: unprotect ? key : `${key}-${pipeline.isProtected ? "protected" : "non_protected"}`,
    untracked: false,
    policy,
    paths,
    when,
    fallback_keys: [],
  }));

/** The body of a 201 to `jobs/request`, with the JSON types that gitlab-runner requires. */
export const jobPayload = (url: string, job: StandInJob, now: number) => ({
  id: job.id,
  token: job.token,
  allow_git_fetch: true,
  job_info: jobInfo(job, now),
  git_info: {
    repo_url: `${projectUrl(url, job)}.git`,
    ref: job.pipeline.ref.name,
    sha: job.pipeline.sha,
    before_sha: "0000000000000000000000000000000000000000",
    ref_type: job.pipeline.ref.isTag ? "tag" : "branch",
    refspecs: ["+refs/heads/*:refs/remotes/origin/*"],
    depth: 20,
    repo_object_format: "sha1",
    protected: job.pipeline.isProtected,
  },
  runner_info: { timeout: job.timeoutSeconds, runner_session_url: null },
  inputs: [],
  variables: variables(url, job),
  steps: steps(job),
  image: job.spec.image === undefined ? null : { name: job.spec.image, entrypoint: null, ports: [] },
  services: job.spec.services.map((name) => ({
    name,
    alias: null,
    command: null,
    entrypoint: null,
    ports: [],
  })),
  artifacts: null,
  cache: caches(job),
  credentials: [],
  dependencies: [],
  hooks: [],
  features: { trace_sections: true, token_mask_prefixes: ["glpat-", "glrt-", "glcbt-"], failure_reasons: [] },
});
