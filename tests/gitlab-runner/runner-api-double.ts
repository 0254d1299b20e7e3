import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came, and when (`performance.now()`). */
export interface RunnerApiRequest {
  readonly at: number;
  readonly method: string;
  /** Below `/api/v4/`, without the query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RunnerApiReply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Milliseconds that the request is held. */
  readonly holdMilliseconds?: number;
}

export interface DoubleJob {
  readonly id: number;
  readonly script: readonly string[];
  readonly afterScript?: readonly string[];
  readonly variables?: readonly Record<string, unknown>[];
  /** Name of the image that the job asks for. */
  readonly image?: string;
  readonly timeoutSeconds?: number;
  readonly cache?: readonly Record<string, unknown>[];
  /** Fields of `git_info`; with them the sources are fetched. */
  readonly git?: { readonly repo_url: string; readonly ref: string; readonly sha: string };
}

/** The smallest job that a runner takes: no repository, one step. */
const payload = (job: DoubleJob): object => ({
  id: job.id,
  token: `job-token-${job.id}`,
  allow_git_fetch: true,
  job_info: { id: job.id, name: `job ${job.id}`, stage: "test", project_id: 42, project_name: "project" },
  git_info: {
    repo_url: "",
    ref: "main",
    sha: "0".repeat(40),
    ref_type: "branch",
    refspecs: [],
    depth: 0,
    ...job.git,
  },
  runner_info: { timeout: job.timeoutSeconds ?? 600 },
  variables: [
    ...(job.git ? [] : [{ key: "GIT_STRATEGY", value: "none", public: true }]),
    ...(job.variables ?? []),
  ],
  steps: [
    { name: "script", script: job.script, timeout: 600, when: "on_success", allow_failure: false },
    ...(job.afterScript
      ? [{ name: "after_script", script: job.afterScript, timeout: 300, when: "always", allow_failure: true }]
      : []),
  ],
  image: job.image === undefined ? null : { name: job.image, entrypoint: [] },
  services: [],
  artifacts: [],
  cache: job.cache ?? [],
  credentials: [],
  dependencies: [],
  features: { trace_sections: false, failure_reasons: FAILURE_REASONS },
});

/** FF_TIMESTAMPS: `<time> <stream><O or E>`, and a plus where a line goes on. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{2}[OE] /gm;
const CONTINUED = /\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{2}[OE]\+/g;

const FAILURE_REASONS = [
  "script_failure",
  "runner_system_failure",
  "job_execution_timeout",
  "job_canceled",
  "runner_interrupted",
];

/**
 * GitLab's side of the runner's protocol on loopback: it answers as told, and remembers what it was asked. Not the
 * stand-in of local/gitlab, which goes by GitLab's rules: here a test breaks them, request by request, and sees
 * each one that the runner makes.
 */
export class RunnerApiDouble {
  readonly seen: RunnerApiRequest[] = [];
  private readonly waiting: DoubleJob[] = [];
  private readonly traces = new Map<number, Buffer>();
  private readonly statuses = new Map<number, string>();
  private readonly server = http.createServer((request, response) => this.receive(request, response));
  private watchers: (() => void)[] = [];
  /**
   * GitLab's flag `allow_runner_job_acknowledgement`, off by default: a job that is handed out stays pending until the
   * runner confirms it. Without it the job is running at once.
   */
  acknowledgement = false;
  /** Answers in the place of the double's own; undefined: its own. `count` is 1 for the first of its kind. */
  answer: (seen: RunnerApiRequest, count: number) => RunnerApiReply | undefined = () => undefined;

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  push(...jobs: DoubleJob[]): void {
    this.waiting.push(...jobs);
  }

  /** Requests of a kind, e.g. `POST jobs/request`. */
  asked(kind: string): RunnerApiRequest[] {
    return this.seen.filter((seen) => `${seen.method} ${seen.path}` === kind);
  }

  /** The bodies of a job's PUTs, oldest first. */
  updates(jobId: number): Record<string, unknown>[] {
    return this.asked(`PUT jobs/${jobId}`).map((seen) => JSON.parse(seen.body.toString()));
  }

  /** What GitLab shows of a job: from its hand-out on, and after each report that was taken. */
  state(jobId: number): string | undefined {
    return this.statuses.get(jobId);
  }

  /** The job's log as a reader sees it: without the time and the stream before each line. */
  trace(jobId: number): string {
    return this.rawTrace(jobId).replace(CONTINUED, "").replace(TIMESTAMP, "");
  }

  /** The job's log as it was sent. */
  rawTrace(jobId: number): string {
    return (this.traces.get(jobId) ?? Buffer.alloc(0)).toString("utf8");
  }

  /** Waits until something that the double saw makes `condition` true. */
  async until(condition: () => boolean, limitMilliseconds = 15_000): Promise<void> {
    const end = performance.now() + limitMilliseconds;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`waited in vain for ${condition}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.watchers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  private receive(request: http.IncomingMessage, response: http.ServerResponse): void {
    const at = performance.now();
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = (request.url ?? "").replace(/^\/api\/v4\//, "").replace(/\?.*$/, "");
      const seen: RunnerApiRequest = {
        at,
        method: request.method ?? "",
        path,
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      this.seen.push(seen);
      const reply = this.answer(seen, this.asked(`${seen.method} ${seen.path}`).length) ?? this.own(seen);
      if (seen.method === "PUT" && reply.status === 200) this.report(seen);
      setTimeout(() => this.send(response, reply), reply.holdMilliseconds ?? 0);
      for (const wake of this.watchers.splice(0)) wake();
    });
  }

  private send(response: http.ServerResponse, reply: RunnerApiReply): void {
    response.writeHead(reply.status, { "Content-Type": "application/json", ...reply.headers });
    response.end(reply.body === undefined ? "" : JSON.stringify(reply.body));
  }

  private own(seen: RunnerApiRequest): RunnerApiReply {
    if (seen.path === "jobs/request") return this.nextJob();
    if (seen.method === "PATCH") return this.append(seen);
    if (seen.method === "PUT") return { status: 200, body: {} };
    if (seen.method === "DELETE") return { status: 204 };
    return { status: 404, body: {} };
  }

  private report({ path, body }: RunnerApiRequest): void {
    const id = Number(/^jobs\/(\d+)$/.exec(path)?.[1]);
    this.statuses.set(id, String(JSON.parse(body.toString()).state));
  }

  /** The next waiting job, as a reply of its own. */
  nextJob(): RunnerApiReply {
    const job = this.waiting.shift();
    if (job !== undefined) this.statuses.set(job.id, this.acknowledgement ? "pending" : "running");
    return job
      ? { status: 201, body: payload(job) }
      : { status: 204, headers: { "X-GitLab-Last-Update": "one" } };
  }

  private append(seen: RunnerApiRequest): RunnerApiReply {
    const id = Number(/^jobs\/(\d+)\//.exec(seen.path)?.[1]);
    if (this.state(id) === "pending") return { status: 403, headers: { "Job-Status": "pending" }, body: {} };
    const kept = this.traces.get(id) ?? Buffer.alloc(0);
    const from = Number(/^(\d+)-/.exec(String(seen.headers["content-range"]))?.[1]);
    if (from !== kept.length) return { status: 416, headers: { Range: `0-${kept.length}` } };
    const next = Buffer.concat([kept, seen.body]);
    this.traces.set(id, next);
    return { status: 202, headers: { Range: `0-${next.length}`, "Job-Status": "running" } };
  }
}
