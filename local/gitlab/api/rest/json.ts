import { pipelineStatus } from "../../model/jobs";
import type { Manager, Pipeline, StandInJob, StandInRunner } from "../../model/records";
import type { GitLabState } from "../../model/state";
import { parentOf } from "../../repository/project-paths";

/** A date as GitLab's API writes it, e.g. `2026-01-10T13:50:02.000Z`. */
const date = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString();

const seconds = (from: number | undefined, to: number | undefined): number | null =>
  from === undefined || to === undefined ? null : (to - from) / 1000;

export const USER = {
  id: 1,
  username: "developer",
  public_email: null,
  name: "Local Developer",
  state: "active",
  locked: false,
  avatar_url: null,
  web_url: "http://127.0.0.1/developer",
};

const STALE_MS = 7 * 86_400_000;
const ONLINE_MS = 7_200_000;

const contactStatus = (now: number, createdAt: number, contactedAt: number | undefined): string => {
  if (contactedAt === undefined) return now - createdAt > STALE_MS ? "stale" : "never_contacted";
  if (now - contactedAt <= ONLINE_MS) return "online";
  return now - contactedAt > STALE_MS ? "stale" : "offline";
};

/** A runner in lists and in jobs. */
export const runnerJson = (state: GitLabState, runner: StandInRunner) => {
  const status = contactStatus(state.clock.now(), runner.createdAt, runner.contactedAt);
  const isBusy = [...state.active].some((job) => job.runner === runner);
  return {
    id: runner.id,
    description: runner.description,
    ip_address: null,
    active: !runner.paused,
    paused: runner.paused,
    is_shared: runner.type === "instance_type",
    runner_type: runner.type,
    name: runner.contactedAt === undefined ? null : "gitlab-runner",
    online: status === "online",
    created_at: date(runner.createdAt),
    status,
    job_execution_status: isBusy ? "active" : "idle",
  };
};

const lastOf = (path: string): string => path.split("/").at(-1) ?? "";

/** A group in itself and as a project's namespace. */
export const groupJson = ({ paths }: GitLabState, url: string, path: string) => ({
  id: paths.groupId(path),
  name: lastOf(path),
  path: lastOf(path),
  kind: "group",
  full_path: path,
  parent_id: parentOf(path) === "" ? null : paths.groupId(parentOf(path)),
  web_url: `${url}/groups/${path}`,
});

export const projectJson = (state: GitLabState, url: string, id: number) => {
  const path = state.paths.projectPath(id);
  return {
    id,
    description: null,
    name: lastOf(path),
    name_with_namespace: path.replaceAll("/", " / "),
    path: lastOf(path),
    path_with_namespace: path,
    default_branch: "main",
    web_url: `${url}/${path}`,
    http_url_to_repo: `${url}/${path}.git`,
    ssh_url_to_repo: `git@127.0.0.1:${path}.git`,
    namespace: groupJson(state, url, parentOf(path)),
    archived: false,
    visibility: "private",
    permissions: { project_access: { access_level: 50, notification_level: 3 }, group_access: null },
  };
};

const newestManager = (runner: StandInRunner): Manager | undefined =>
  [...runner.managers.values()].sort((one, other) => other.contactedAt - one.contactedAt)[0];

/** A runner in `GET /runners/:id`. */
export const runnerDetailsJson = (state: GitLabState, url: string, runner: StandInRunner) => {
  const manager = newestManager(runner);
  const projects = runner.projectId === undefined ? [] : [projectJson(state, url, runner.projectId)];
  return {
    ...runnerJson(state, runner),
    tag_list: runner.tags,
    run_untagged: runner.runUntagged,
    locked: runner.locked,
    maximum_timeout: runner.maximumTimeout,
    access_level: runner.accessLevel,
    version: manager?.version ?? null,
    revision: null,
    platform: manager?.platform ?? null,
    architecture: manager?.architecture ?? null,
    contacted_at: date(runner.contactedAt),
    maintenance_note: runner.maintenanceNote,
    projects,
    groups: [],
  };
};

export const managerJson = (state: GitLabState, manager: Manager) => ({
  id: manager.id,
  system_id: manager.systemId,
  version: manager.version,
  revision: null,
  platform: manager.platform,
  architecture: manager.architecture,
  created_at: date(manager.createdAt),
  contacted_at: date(manager.contactedAt),
  ip_address: null,
  status: contactStatus(state.clock.now(), manager.createdAt, manager.contactedAt),
  job_execution_status: [...state.active].some((job) => job.manager === manager) ? "active" : "idle",
});

/** A pipeline in lists. */
export const pipelineJson = (url: string, pipeline: Pipeline) => ({
  id: pipeline.id,
  iid: pipeline.iid,
  project_id: pipeline.projectId,
  sha: pipeline.sha,
  ref: pipeline.ref.name,
  status: pipelineStatus(pipeline),
  source: "api",
  created_at: date(pipeline.createdAt),
  updated_at: date(Math.max(pipeline.createdAt, ...pipeline.jobs.map((job) => job.finishedAt ?? 0))),
  web_url: `${url}/${pipeline.projectPath}/-/pipelines/${pipeline.id}`,
});

const runnerOfJob = (job: StandInJob): StandInRunner | undefined =>
  job.runner === undefined || job.runner.deleted ? undefined : job.runner;

const commitJson = (job: StandInJob) => ({
  id: job.pipeline.sha,
  short_id: job.pipeline.sha.slice(0, 8),
  title: "Run it",
  message: "Run it\n",
  author_name: "Local Developer",
  author_email: "developer@example.com",
  created_at: date(job.pipeline.createdAt),
});

/** A job in the Jobs API: https://docs.gitlab.com/api/jobs/ */
export const jobJson = (state: GitLabState, url: string, job: StandInJob) => {
  const runner = runnerOfJob(job);
  const now = state.clock.now();
  return {
    id: job.id,
    status: job.status,
    stage: job.spec.stage,
    name: job.spec.name,
    ref: job.pipeline.ref.name,
    tag: job.pipeline.ref.isTag,
    coverage: null,
    allow_failure: job.spec.allowFailure,
    created_at: date(job.createdAt),
    started_at: date(job.startedAt),
    finished_at: date(job.finishedAt),
    erased_at: null,
    duration: seconds(job.startedAt, job.finishedAt ?? now),
    queued_duration: seconds(job.queuedAt, job.startedAt ?? job.finishedAt ?? now),
    user: USER,
    commit: commitJson(job),
    pipeline: pipelineJson(url, job.pipeline),
    failure_reason: job.failureReason,
    web_url: `${url}/${job.pipeline.projectPath}/-/jobs/${job.id}`,
    project: { ci_job_token_scope_enabled: true },
    artifacts: job.artifacts.map((artifact) => ({
      file_type: artifact.fileType,
      size: artifact.size,
      filename: `${artifact.fileType}.zip`,
      file_format: artifact.format,
    })),
    runner: runner === undefined ? null : runnerJson(state, runner),
    runner_manager:
      runner === undefined || job.manager === undefined ? null : managerJson(state, job.manager),
    artifacts_expire_at: null,
    archived: false,
    source: "api",
    tag_list: job.spec.tags,
  };
};
