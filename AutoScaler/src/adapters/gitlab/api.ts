import type { GitLabAccess } from "../../../../Core/configuration";
import { defined } from "../../../../Core/defined";
import { ConfigurationError, TransientError } from "../../../../Core/errors";
import {
  type Known,
  parseJob,
  parseJson,
  parseList,
  parseNewRunner,
  parseProject,
  parseProtected,
  parseRunner,
  reasonOf,
  refusesScope,
} from "../../../../Core/gitlab/answers";
import { type GitLabClientOptions, type GitLabRequest, gitLabClient } from "../../../../Core/gitlab/client";
import type { HttpAnswer } from "../../../../Core/gitlab/http-exchange";
import { nextCursor } from "../../../../Core/gitlab/paging";
import { refPath, wholeNumber } from "../../../../Core/gitlab/paths";
import { REFUSED_STATUSES } from "../../../../Core/ledger/refusals";
import type { Time } from "../../../../Core/model/ledger";
import type {
  GitLab,
  GitLabJob,
  GitLabProject,
  NewRunner,
  Page,
  ProjectRefused,
  RunnerRefused,
} from "../../ports";

/** Statuses that prove that no runner was created, and that a repeat gets the same answer (F-26). */
const CREATE_REFUSED = [400, 403, 404, 405, 410, 422];

const runnerFields = (runner: NewRunner) => ({
  description: runner.description,
  tag_list: runner.tags,
  // Exactly what the job needs: only the runner of an untagged job takes untagged jobs (I-14).
  run_untagged: runner.tags.length === 0,
  locked: true,
  maximum_timeout: runner.maximumTimeoutSeconds,
  access_level: runner.accessLevel,
});

/** https://docs.gitlab.com/api/users/#create-a-runner-linked-to-a-user */
const createRequest = (runner: NewRunner): GitLabRequest => ({
  method: "POST",
  path: "/user/runners",
  body: () => ({ runner_type: "project_type", project_id: runner.projectId, ...runnerFields(runner) }),
  answers: [201, ...CREATE_REFUSED],
});

/** https://docs.gitlab.com/api/runners/#create-a-runner-with-a-registration-token */
const legacyCreateRequest = (runner: NewRunner): GitLabRequest => ({
  method: "POST",
  path: "/runners",
  body: (access: GitLabAccess) => ({ token: access.token, ...runnerFields(runner) }),
  answers: [201, ...CREATE_REFUSED],
});

const refusal = (answer: HttpAnswer, { token, mode }: GitLabAccess): RunnerRefused => {
  const hint = mode === "payload" && answer.status === 410 ? " (registration tokens are switched off)" : "";
  const reason = reasonOf(answer.body).replaceAll(token, "[token]");
  return { refused: `GitLab refused to create a runner: ${answer.status} ${reason}${hint}` };
};

/**
 * True if a 404 means that the token cannot see the project, not that something in it is missing. GitLab has
 * no code for this. Any other wording counts as no: what was asked for may still appear.
 * https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/api/helpers.rb (`find_project!`)
 */
const isAboutProject = ({ body }: HttpAnswer): boolean => reasonOf(body) === "404 Project Not Found";

/** Well below a function's time-out, so that the caller can still handle the failure. */
const TIMEOUTS = { timeoutMilliseconds: 8_000, longestWaitSeconds: 5 };

/** A project's path as it was read. Shared by all calls of a process. */
export type KeptProjects = Map<number, { readonly project: GitLabProject; readonly at: Time }>;

/** A project that is moved to another group is served, or not, after so long. */
const PROJECT_KEPT_MILLISECONDS = 10 * 60_000;
const MAX_KEPT = 10_000;

export type GitLabApiOptions = Omit<GitLabClientOptions, keyof typeof TIMEOUTS> &
  Partial<Pick<GitLabClientOptions, keyof typeof TIMEOUTS>> & {
    readonly projects?: KeptProjects;
  };

/**
 * The part of GitLab's REST API that the rules need. Paths contain checked whole numbers; answers are parsed.
 *
 * @throws TransientError, ConfigurationError (see ports.ts); no message contains a token
 */
export const gitLabApi = (options: GitLabApiOptions): GitLab => {
  const { access, projects = new Map() as KeptProjects } = options;
  const client = gitLabClient({ ...TIMEOUTS, ...options });

  const ask = async (method: GitLabRequest["method"], path: string, answers: number[], body?: object) => {
    if (access.mode === "payload") {
      throw new ConfigurationError(`${method} ${path} needs an AccessToken, and none is configured`);
    }
    return client.send({ method, path, answers, ...(body ? { body: () => body } : {}) });
  };
  const one = async <Item>(path: string, parse: (value: unknown) => Item): Promise<Item | undefined> => {
    const answer = await ask("GET", path, [200, 404]);
    return answer.status === 404 ? undefined : parse(parseJson(answer.body));
  };
  const pageOf = <Item>(answer: HttpAnswer, parse: (value: unknown) => Item): Page<Item> => {
    const items = parseList(parseJson(answer.body), parse);
    const next = nextCursor(answer.header("link"));
    return next === undefined ? { items } : { items, next };
  };
  const page = async <Item>(
    path: string,
    query: string,
    cursor: string | undefined,
    parse: (value: unknown) => Item,
  ): Promise<Page<Item>> => pageOf(await ask("GET", `${path}?${cursor ?? query}`, [200]), parse);
  const keep = (project: GitLabProject): void => {
    if (projects.size >= MAX_KEPT) projects.clear();
    projects.set(project.id, { project, at: options.clock.now() });
  };
  /** A token without any read access proves nothing about the project. */
  const refusedBy = (answer: HttpAnswer, path: string): ProjectRefused => {
    const refused = REFUSED_STATUSES.find((status) => status === answer.status);
    if (refused === undefined || refusesScope(answer.body)) return client.refuse(answer, `GET ${path}`);
    return { refused };
  };
  const job = (known: Known) => (value: unknown) => parseJob(value, known);

  return {
    mode: access.mode,
    url: access.url,
    ...defined({ caCertificate: access.caCertificate }),
    job: async (projectId, jobId) => {
      const path = `/projects/${wholeNumber(projectId)}/jobs/${wholeNumber(jobId)}`;
      const answer = await ask("GET", path, [200, ...REFUSED_STATUSES]);
      if (answer.status === 200) return parseJob(parseJson(answer.body), { projectId });
      return answer.status === 404 && !isAboutProject(answer) ? undefined : refusedBy(answer, path);
    },
    isProtected: async (projectId, ref) => {
      const path = refPath(projectId, ref);
      const answer = path === undefined ? undefined : await ask("GET", path, [200, ...REFUSED_STATUSES]);
      return answer?.status === 200 ? parseProtected(parseJson(answer.body)) : undefined;
    },
    createRunner: async (runner) => {
      const isLegacy = access.mode === "payload";
      const answer = await client.send(isLegacy ? legacyCreateRequest(runner) : createRequest(runner));
      return answer.status === 201 ? parseNewRunner(parseJson(answer.body)) : refusal(answer, access);
    },
    runner: (runnerId) => one(`/runners/${wholeNumber(runnerId)}`, parseRunner),
    pauseRunner: async (runnerId) => {
      const answer = await ask("PUT", `/runners/${wholeNumber(runnerId)}`, [200, 404], { paused: true });
      if (answer.status === 404) return "deleted";
      // An error page of a proxy with status 200 does not prove that the runner is paused.
      if (!parseRunner(parseJson(answer.body)).paused)
        throw new TransientError(`Runner ${runnerId} is not paused`);
      return "paused";
    },
    runnerJobs: async (runnerId) => {
      const path = `/runners/${wholeNumber(runnerId)}/jobs?order_by=id&sort=desc&per_page=20`;
      return (await one(path, (value) => parseList(value, job({ runnerId })))) ?? [];
    },
    deleteRunner: async (runnerId) => {
      await ask("DELETE", `/runners/${wholeNumber(runnerId)}`, [204, 404]);
    },
    runners: (cursor) => page("/runners", "type=project_type&per_page=100", cursor, parseRunner),
    jobs: async (projectId, scope, cursor): Promise<Page<GitLabJob> | ProjectRefused> => {
      const statuses = scope.map((status) => `scope[]=${encodeURIComponent(status)}`).join("&");
      const query = `${statuses}&per_page=100&pagination=keyset&order_by=id&sort=desc`;
      const path = `/projects/${wholeNumber(projectId)}/jobs`;
      const answer = await ask("GET", `${path}?${cursor ?? query}`, [200, ...REFUSED_STATUSES]);
      return answer.status === 200 ? pageOf(answer, job({ projectId })) : refusedBy(answer, path);
    },
    projects: async (cursor) => {
      const query = "membership=true&simple=true&per_page=100&pagination=keyset&order_by=id&sort=asc";
      const read = await page("/projects", query, cursor, parseProject);
      for (const project of read.items) keep(project);
      return read;
    },
    project: async (projectId) => {
      const kept = projects.get(projectId);
      const age = kept === undefined ? -1 : options.clock.now() - kept.at;
      if (kept !== undefined && age >= 0 && age < PROJECT_KEPT_MILLISECONDS) return kept.project;
      const project = await one(`/projects/${wholeNumber(projectId)}`, parseProject);
      if (project !== undefined) keep(project);
      return project;
    },
  };
};
