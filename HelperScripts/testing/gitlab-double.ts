import { createHmac } from "node:crypto";
import type { HttpFetch } from "../gitlab/operator-gitlab";
import { NOW } from "./deployment-double";

type Json = Record<string, unknown>;

export const GITLAB = "https://gitlab.example.com";
export const WEBHOOK = "https://hooks.example.com/webhook";
export const SIGNED_WEBHOOK = "https://hooks.example.com/signed-webhook";
export const TOKEN = "glpat-secret-of-ours";
export const SECRET = "webhook-secret-of-ours";

/**
 * A GitLab and a webhook API behind `fetch`: answers by method and path, and a record of what was asked. Not the
 * stand-in of local/gitlab: what the doctor is for are tokens, webhooks and clocks that are wrong in ways that no
 * sequence of calls to a sound GitLab brings about, and a time that stands still.
 */
export class OperatorGitLabDouble {
  readonly asked: {
    readonly method: string;
    readonly url: string;
    readonly headers: Json;
    readonly body?: Json;
  }[] = [];
  date = NOW;
  token: Json = { scopes: ["create_runner", "manage_runner", "read_api"], expires_at: null, active: true };
  tokenStatus = 200;
  /** Scopes of other tokens than `token`. */
  readonly scopes = new Map<string, readonly string[]>();
  projects: Json[] = [
    {
      id: 42,
      path_with_namespace: "group/app",
      shared_runners_enabled: false,
      namespace: { id: 9, kind: "group" },
    },
  ];
  webhooks: Json[] = [
    {
      id: 5,
      project_id: 42,
      url: WEBHOOK,
      job_events: true,
      enable_ssl_verification: true,
      alert_status: "executable",
    },
  ];
  groupWebhooks: Json[] = [];
  /** What GitLab answers for webhooks of groups. */
  groupWebhookStatus = 200;
  groups: Json[] = [{ id: 9, full_path: "group" }];
  /** Jobs of project 42, in any status. */
  jobs: Json[] = [];
  /** Of project 42, by their path below the repository, e.g. `branches/main`. */
  readonly refs = new Map<string, Json>();
  webhookStatus = 200;
  testStatus = 201;
  deliveries: Json[] = [{ response_status: "200" }];
  /** What the webhook's address answers without the secret, and with it. */
  door: readonly [number, number] = [401, 200];
  /** The same of the signed webhook's. */
  signedDoor: readonly [number, number] = [401, 200];
  /** What the webhook's address wants as its token. */
  secret = SECRET;
  /** What the signed webhook's address verifies by. */
  signingKey = Buffer.alloc(32, 4);
  /** Absent: GitLab does not tell. */
  version?: string;
  /** Whether it takes a signing token; a GitLab that does not passes over it. */
  doesSign = true;

  private isSigned(headers: Json, body: string): boolean {
    const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = headers;
    const hash = createHmac("sha256", this.signingKey).update(`${id}.${timestamp}.${body}`);
    return signature === `v1,${hash.digest("base64")}`;
  }

  private answer(method: string, path: string, body: Json = {}): readonly [number, unknown] {
    if (path === "/personal_access_tokens/self") return [this.tokenStatus, this.token];
    if (path === "/version" && this.version) return [200, { version: this.version }];
    if (path.startsWith("/projects?")) return [200, this.projects];
    if (/\/hooks\/\d+\/events/.test(path)) return [200, this.deliveries];
    if (/\/hooks\/\d+\/test/.test(path)) return [this.testStatus, {}];
    if (/\/hooks/.test(path) && method !== "GET") {
      const signing_token_present = this.doesSign && Boolean(body.signing_token);
      return [this.webhookStatus === 200 ? 201 : this.webhookStatus, { id: 77, signing_token_present }];
    }
    if (path.startsWith("/projects/42/hooks")) return [this.webhookStatus, this.webhooks];
    if (path.startsWith("/groups/9/hooks")) return [this.groupWebhookStatus, this.groupWebhooks];
    if (path.startsWith("/groups/9/projects?")) return [200, this.projects];
    const group = this.groups.find(
      ({ full_path }) => path === `/groups/${encodeURIComponent(String(full_path))}`,
    );
    if (group) return [200, group];
    if (path.startsWith("/projects/42/jobs?scope[]=running")) {
      return [200, this.jobs.filter(({ listedAs, status }) => (listedAs ?? status) === "running")];
    }
    const [, ref] = /^\/projects\/42\/repository\/(.+)$/.exec(path) ?? [];
    if (ref !== undefined) return this.refs.has(ref) ? [200, this.refs.get(ref)] : [404, { message: "404" }];
    const job = this.jobs.find(({ id }) => path === `/projects/42/jobs/${id}`);
    if (job) return [200, job];
    const traced = this.jobs.find(({ id }) => path === `/projects/42/jobs/${id}/trace`);
    if (traced?.trace !== undefined) return [200, traced.trace];
    const project = this.projects.find(
      ({ id, path_with_namespace }) =>
        path === `/projects/${id}` || path === `/projects/${encodeURIComponent(String(path_with_namespace))}`,
    );
    return project ? [200, project] : [404, { message: "404 Not found" }];
  }

  readonly fetch: HttpFetch = async (url, { method, headers, body }) => {
    this.asked.push({ method, url, headers, ...(body ? { body: JSON.parse(body) } : {}) });
    const respond = (status: number, json: unknown) => ({
      status,
      headers: { get: (name: string) => (name === "date" ? new Date(this.date).toUTCString() : null) },
      text: async () => (typeof json === "string" ? json : JSON.stringify(json)),
    });
    if (url === WEBHOOK) {
      const [without, withSecret] = this.door;
      return respond(headers["X-Gitlab-Token"] === this.secret ? withSecret : without, {});
    }
    if (url === SIGNED_WEBHOOK) {
      const [without, withSignature] = this.signedDoor;
      return respond(this.isSigned(headers, body ?? "") ? withSignature : without, {});
    }
    const prefix = `${GITLAB}/api/v4`;
    if (!url.startsWith(prefix)) throw new Error(`Nobody listens at ${url}`);
    const [status, json] = this.answer(method, url.slice(prefix.length), body && JSON.parse(body));
    const scopes = this.scopes.get(String(headers["PRIVATE-TOKEN"]));
    if (url.endsWith("/personal_access_tokens/self") && scopes !== undefined)
      return respond(200, { ...this.token, scopes });
    return respond(status, json);
  };
}
