import { defined } from "../defined";
import { TransientError } from "../errors";
import type { Time } from "../model/ledger";

/**
 * Reads GitLab's answers field by field. An answer of another shape is cut short or comes from another
 * program, such as a proxy. It throws TransientError, and never counts as an empty list (F-24).
 * https://docs.gitlab.com/api/jobs/ and https://docs.gitlab.com/api/runners/
 */

/** https://docs.gitlab.com/api/jobs/ */
export interface GitLabJob {
  readonly id: number;
  readonly projectId: number;
  readonly name: string;
  /** One of thirteen statuses. */
  readonly status: string;
  readonly tags: readonly string[];
  readonly createdAt: Time;
  /** How long it has been pending, or was. A job that is played long after it was made is pending from then on. */
  readonly queuedSeconds?: number;
  readonly startedAt?: Time;
  readonly finishedAt?: Time;
  readonly runnerId?: number;
  /** The first request of the runner that has it; newer servers say it. */
  readonly runnerSeenAt?: Time;
  /** The `system_id` of that runner's machine. */
  readonly runnerSystemId?: string;
  /** The branch or tag, or a merge request's `refs/…`. Absent: unknown. */
  readonly ref?: string;
  /** Whether `ref` is a tag. */
  readonly tag?: boolean;
  /** Its pipeline. Absent: unknown. A retry is another job of the same pipeline and name. */
  readonly pipelineId?: number;
  /** Why it failed, e.g. `script_failure`, `job_execution_timeout`; for people. */
  readonly failureReason?: string;
}

/** https://docs.gitlab.com/api/projects/ */
export interface GitLabProject {
  readonly id: number;
  /** E.g. `group/project`. */
  readonly path: string;
}

export interface GitLabRunner {
  readonly id: number;
  readonly description: string;
  readonly paused: boolean;
  /** Its last request to GitLab, by GitLab's clock. Absent: none yet, or read from a list, which lacks it. */
  readonly contactedAt?: Time;
}

type Fields = Record<string, unknown>;

const strange = (what: string): never => {
  throw new TransientError(`GitLab's answer is not as documented: ${what}`);
};

/** @throws TransientError if the body is not JSON */
export const parseJson = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return strange("no JSON");
  }
};

const fields = (value: unknown, what: string): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : strange(`no ${what}`);

const id = (value: unknown, what: string): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0
    ? value
    : strange(`no id of a ${what}`);

const text = (value: unknown, what: string): string =>
  typeof value === "string" ? value : strange(`no ${what}`);

const time = (value: unknown, what: string): Time => {
  const parsed = Date.parse(text(value, what));
  return Number.isNaN(parsed) ? strange(`no ${what}`) : parsed;
};

const optionalTime = (value: unknown, what: string): Time | undefined =>
  value === undefined || value === null ? undefined : time(value, what);

/** Older servers have no such field, and null for a job that was never pending. */
const optionalSeconds = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && Number.isFinite(value) ? value : undefined;

const tagList = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map((tag) => text(tag, "tag")) : [];

const runnerIdOf = (job: Fields): number | undefined =>
  typeof job.runner === "object" && job.runner !== null
    ? id(fields(job.runner, "runner").id, "runner")
    : undefined;

/** Figures for people: what cannot be read is as if GitLab had not said it. */
const managerOf = ({ runner_manager }: Fields): Pick<GitLabJob, "runnerSeenAt" | "runnerSystemId"> => {
  const { created_at, system_id }: { readonly created_at?: unknown; readonly system_id?: unknown } =
    Object(runner_manager);
  const seen = typeof created_at === "string" ? Date.parse(created_at) : Number.NaN;
  return defined({
    runnerSeenAt: Number.isNaN(seen) ? undefined : seen,
    runnerSystemId: typeof system_id === "string" ? system_id : undefined,
  });
};

/** Only what is an id: no job depends on its pipeline. */
const pipelineIdOf = ({ pipeline }: Fields): number | undefined => {
  const { id: pipelineId }: { readonly id?: unknown } = Object(pipeline);
  return typeof pipelineId === "number" && Number.isSafeInteger(pipelineId) ? pipelineId : undefined;
};

/** Values that a list's answer lacks: `GET /runners/:id/jobs` has no runner, others no project. */
export interface Known {
  readonly projectId?: number;
  readonly runnerId?: number;
}

export const parseJob = (value: unknown, known: Known): GitLabJob => {
  const job = fields(value, "job");
  const project = known.projectId ?? id(fields(job.project, "project").id, "project");
  const startedAt = optionalTime(job.started_at, "started_at");
  const finishedAt = optionalTime(job.finished_at, "finished_at");
  const failureReason = typeof job.failure_reason === "string" ? job.failure_reason : undefined;
  const runnerId = known.runnerId ?? runnerIdOf(job);
  const queuedSeconds = optionalSeconds(job.queued_duration);
  const ref = typeof job.ref === "string" && job.ref !== "" ? job.ref : undefined;
  const tag = typeof job.tag === "boolean" ? job.tag : undefined;
  const pipelineId = pipelineIdOf(job);
  return {
    id: id(job.id, "job"),
    projectId: project,
    name: text(job.name, "name"),
    status: text(job.status, "status"),
    tags: tagList(job.tag_list),
    createdAt: time(job.created_at, "created_at"),
    ...managerOf(job),
    ...defined({ queuedSeconds, startedAt, finishedAt, runnerId, ref, tag, pipelineId, failureReason }),
  };
};

/** `paused` exists since GitLab 14.8; older versions have `active` only. */
export const parseRunner = (value: unknown): GitLabRunner => {
  const runner = fields(value, "runner");
  const contactedAt = optionalTime(runner.contacted_at, "contacted_at");
  return {
    ...defined({ contactedAt }),
    id: id(runner.id, "runner"),
    description: typeof runner.description === "string" ? runner.description : "",
    paused: typeof runner.paused === "boolean" ? runner.paused : runner.active === false,
  };
};

export const parseNewRunner = (value: unknown): { readonly id: number; readonly token: string } => {
  const runner = fields(value, "runner");
  return { id: id(runner.id, "runner"), token: text(runner.token, "token") };
};

export const parseProject = (value: unknown): GitLabProject => {
  const project = fields(value, "project");
  return {
    id: id(project.id, "project"),
    path: text(project.path_with_namespace, "path_with_namespace"),
  };
};

/** For a branch or a tag. @see https://docs.gitlab.com/api/branches/ https://docs.gitlab.com/api/tags/ */
export const parseProtected = (value: unknown): boolean => {
  const { protected: isProtected } = fields(value, "branch or tag");
  return typeof isProtected === "boolean" ? isProtected : strange("no protected");
};

/** @throws TransientError if the value is not a list */
export const parseList = <Item>(value: unknown, parse: (item: unknown) => Item): readonly Item[] =>
  Array.isArray(value) ? value.map(parse) : strange("no list");

/** The reason in GitLab's error answer, for people; at most 200 characters. */
export const reasonOf = (body: string): string => {
  try {
    const { message, error, error_description } = fields(JSON.parse(body), "error");
    const reason = message ?? error_description ?? error;
    return (typeof reason === "string" ? reason : (JSON.stringify(reason) ?? "")).slice(0, 200);
  } catch {
    return "no reason given";
  }
};

/** True if a 403 is about the token's scopes. https://docs.gitlab.com/api/rest/troubleshooting/ */
export const refusesScope = (body: string): boolean => {
  try {
    return fields(JSON.parse(body), "error").error === "insufficient_scope";
  } catch {
    return false;
  }
};
