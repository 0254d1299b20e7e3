/**
 * The body of GitLab's job webhook, in the key order of GitLab 19.x.
 * https://docs.gitlab.com/user/project/integrations/webhook_events/#job-events
 *
 * It does not contain the job's tags: `runner.tags` are the runner's tags, and `tag` says whether the pipeline is for a
 * git tag. `commit.id` is the pipeline's id.
 */
export interface JobWebhookPayload {
  readonly object_kind: "build";
  readonly build_id: number;
  readonly build_name: string;
  readonly build_status: string;
  readonly project_id: number;
  readonly runner?: WebhookRunner | null;
  readonly [field: string]: unknown;
}

export interface WebhookRunner {
  readonly id: number;
  readonly description: string;
  readonly runner_type: string;
  readonly active: boolean;
  readonly is_shared: boolean;
  readonly tags: readonly string[];
}

/** The format by server version. `2021` has no `_iso` dates and no project; `2019` has no runner either. */
export type WebhookShape = "19.x" | "2021" | "2019";

const NEWER_THAN_2021 = [
  "retries_count",
  "build_created_at_iso",
  "build_started_at_iso",
  "build_finished_at_iso",
  "project",
  "environment",
  "build_queued_duration",
];
const ABSENT: Readonly<Record<WebhookShape, readonly string[]>> = {
  "19.x": [],
  "2021": [...NEWER_THAN_2021],
  "2019": [...NEWER_THAN_2021, "runner", "pipeline_id", "build_failure_reason", "build_created_at"],
};

const user = {
  id: 1,
  name: "Local Developer",
  username: "developer",
  avatar_url: null,
  email: "[REDACTED]",
};
const SHA = "95790bf891e76fee5e1747ab589903a6a1f80f22";

/** All fields of a 19.x webhook. */
export const template = {
  object_kind: "build",
  ref: "main",
  tag: false,
  before_sha: "0000000000000000000000000000000000000000",
  sha: SHA,
  retries_count: 0,
  build_id: 15_000_000_001,
  build_name: "test",
  build_stage: "test",
  build_status: "pending",
  build_created_at: "2026-01-10 13:50:02 UTC",
  build_started_at: null,
  build_finished_at: null,
  build_created_at_iso: "2026-01-10T13:50:02Z",
  build_started_at_iso: null,
  build_finished_at_iso: null,
  build_duration: null,
  build_queued_duration: 0.4,
  build_allow_failure: false,
  build_failure_reason: "unknown_failure",
  pipeline_id: 2_400_000_001,
  runner: null,
  project_id: 1,
  project_name: "Local / Project 1",
  user,
  commit: {
    id: 2_400_000_001,
    name: null,
    sha: SHA,
    message: "Run it\n",
    author_name: "Local Developer",
    author_email: "developer@example.com",
    author_url: "http://127.0.0.1/developer",
    status: "pending",
    duration: null,
    started_at: null,
    finished_at: null,
    started_at_iso: null,
    finished_at_iso: null,
  },
  repository: {
    name: "Project 1",
    url: "git@127.0.0.1:local/project-1.git",
    description: "",
    homepage: "http://127.0.0.1/local/project-1",
    git_http_url: "http://127.0.0.1/local/project-1.git",
    git_ssh_url: "git@127.0.0.1:local/project-1.git",
    visibility_level: 0,
  },
  project: {
    id: 1,
    name: "Project 1",
    description: "",
    web_url: "http://127.0.0.1/local/project-1",
    avatar_url: null,
    git_ssh_url: "git@127.0.0.1:local/project-1.git",
    git_http_url: "http://127.0.0.1/local/project-1.git",
    namespace: "Local",
    visibility_level: 0,
    path_with_namespace: "local/project-1",
    default_branch: "main",
    ci_config_path: null,
  },
  environment: null,
} as const;

const OLD_DATE_FIELDS = ["build_created_at", "build_started_at", "build_finished_at"];

/** Old servers send dates as `2021-02-23T02:41:37.886Z`, newer ones as `2023-01-10 13:50:02 UTC`. */
const withOldDates = (fields: Record<string, unknown>): Record<string, unknown> => {
  const iso = (value: unknown) =>
    typeof value === "string" ? new Date(value.replace(" UTC", "Z")).toISOString() : value;
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, OLD_DATE_FIELDS.includes(key) ? iso(value) : value]),
  );
};

/**
 * The body of a job webhook with all fields, so that a caller gives only those that matter. An override of `undefined`
 * removes the field.
 *
 * @example jobWebhookPayload({ build_status: "running", runner: null })
 * @example jobWebhookPayload({ build_id: 12 }, "2019")
 */
export const jobWebhookPayload = (
  overrides: Readonly<Record<string, unknown>> = {},
  shape: WebhookShape = "19.x",
): JobWebhookPayload => {
  const absent = ABSENT[shape].filter((field) => !Object.hasOwn(overrides, field));
  const merged = Object.entries({ ...template, ...overrides }).filter(
    ([field, value]) => value !== undefined && !absent.includes(field),
  );
  const fields = Object.fromEntries(merged);
  return (shape === "19.x" ? fields : withOldDates(fields)) as unknown as JobWebhookPayload;
};
