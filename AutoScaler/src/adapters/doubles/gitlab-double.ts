import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FakeGitLab } from "../../domain/fakes";
import type { GitLabJob } from "../../domain/ports";

/** What a request got and is judged by. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An answer in place of GitLab's; "cut" breaks off in the middle, "silent" never comes. */
export type Fault =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | "cut"
  | "silent";

export interface GitLabDouble {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Faults for the next requests, in order. */
  readonly faults: Fault[];
  close(): Promise<void>;
}

const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString();

/** GitLab's own shape; lists of a runner's jobs have the project and neither tags nor runner. */
const jobAnswer = (job: GitLabJob, isOfRunner: boolean) => ({
  id: job.id,
  name: job.name,
  status: job.status,
  stage: "test",
  created_at: iso(job.createdAt),
  started_at: iso(job.startedAt),
  finished_at: iso(job.finishedAt),
  pipeline: { id: 1, project_id: job.projectId },
  user: { name: "Ada" },
  ...(isOfRunner
    ? { project: { id: job.projectId, path: "group/project" } }
    : {
        tag_list: job.tags,
        project: { ci_job_token_scope_enabled: false },
        runner: job.runnerId === undefined ? null : { id: job.runnerId, description: "" },
      }),
});

type Answer = { readonly status: number; readonly body?: unknown; readonly next?: string };

const readBody = async (request: IncomingMessage): Promise<string> => {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
};

/**
 * GitLab's REST API over HTTP on loopback, over the fake's state: the shapes are those of
 * https://docs.gitlab.com/api/, the behaviour is the fake's.
 *
 * @param token what has to be in PRIVATE-TOKEN, or in the body of a legacy call
 */
export const gitLabDouble = async (fake: FakeGitLab, token: () => string): Promise<GitLabDouble> => {
  const requests: SeenRequest[] = [];
  const faults: Fault[] = [];

  const list = async <Item>(
    { path, query }: SeenRequest,
    read: (cursor?: string) => Promise<{ readonly items: readonly Item[]; readonly next?: string }>,
    show: (item: Item) => unknown,
  ): Promise<Answer> => {
    const { items, next } = await read(query.get("cursor") ?? undefined);
    const following = new URLSearchParams(query);
    following.set("cursor", next ?? "");
    // Another host than the one asked: GitLab goes by its external_url.
    const link = `<https://elsewhere.example${path}?${following}>; rel="next", <https://elsewhere.example>; rel="first"`;
    return { status: 200, body: items.map(show), ...(next === undefined ? {} : { next: link }) };
  };
  const create = async (fields: Record<string, unknown>): Promise<Answer> => {
    const made = await fake.createRunner({
      projectId: Number(fields.project_id ?? 0),
      description: String(fields.description),
      tags: fields.tag_list as string[],
      maximumTimeoutSeconds: Number(fields.maximum_timeout),
    });
    return "refused" in made
      ? { status: 422, body: { message: made.refused } }
      : { status: 201, body: { ...made, token_expires_at: null } };
  };
  const ofRunner = async (method: string, runnerId: number): Promise<Answer> => {
    if ((await fake.runner(runnerId)) === undefined)
      return { status: 404, body: { message: "404 Not Found" } };
    if (method === "DELETE") return fake.deleteRunner(runnerId).then(() => ({ status: 204 }));
    if (method === "PUT") await fake.pauseRunner(runnerId);
    return { status: 200, body: { ...(await fake.runner(runnerId)), runner_type: "project_type" } };
  };

  const answer = async (seen: SeenRequest): Promise<Answer> => {
    const { method, path, query, headers, body } = seen;
    const fields = body === "" ? {} : (JSON.parse(body) as Record<string, unknown>);
    const call = `${method} ${path}`;
    const numbers = (path.match(/\d+/g) ?? []).map(Number).slice(1);
    const [first = 0, second = 0] = numbers;
    if (call === "POST /api/v4/runners")
      return fields.token === token() ? create(fields) : { status: 403, body: { message: "403 Forbidden" } };
    if (headers["private-token"] !== token()) return { status: 401, body: { message: "401 Unauthorized" } };
    if (call === "POST /api/v4/user/runners") return create(fields);
    if (call === "GET /api/v4/runners")
      return list(
        seen,
        (cursor) => fake.runners(cursor),
        (runner) => runner,
      );
    if (call === "GET /api/v4/projects")
      return list(
        seen,
        (cursor) => fake.projectIds(cursor),
        (id) => ({ id, name: "project" }),
      );
    if (/^GET \/api\/v4\/projects\/\d+\/jobs$/.test(call)) {
      const page = await fake.jobs(first, query.getAll("scope[]"), query.get("cursor") ?? undefined);
      if ("refused" in page) return { status: page.refused, body: { message: `${page.refused}` } };
      return list(
        seen,
        async () => page,
        (job) => jobAnswer(job, false),
      );
    }
    if (/^GET \/api\/v4\/projects\/\d+\/jobs\/\d+$/.test(call)) {
      const job = await fake.job(first, second);
      return job ? { status: 200, body: jobAnswer(job, false) } : { status: 404, body: { message: "404" } };
    }
    if (/^GET \/api\/v4\/runners\/\d+\/jobs$/.test(call)) {
      if ((await fake.runner(first)) === undefined)
        return { status: 404, body: { message: "404 Not Found" } };
      return { status: 200, body: (await fake.runnerJobs(first)).map((job) => jobAnswer(job, true)) };
    }
    return /^\w+ \/api\/v4\/runners\/\d+$/.test(call) ? ofRunner(method, first) : { status: 405 };
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const seen = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: await readBody(request),
    };
    requests.push(seen);
    const fault = faults.shift();
    if (fault === "silent") return;
    if (fault === "cut") {
      response.writeHead(200, { "content-type": "application/json", "content-length": "999" });
      response.write('[{"id":');
      setImmediate(() => response.destroy());
      return;
    }
    if (fault !== undefined) {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    const { status, body, next } = await answer(seen);
    response.writeHead(status, { "content-type": "application/json", ...(next ? { link: next } : {}) });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };

  const server: Server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
