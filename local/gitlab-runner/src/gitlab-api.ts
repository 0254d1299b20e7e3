import * as http from "node:http";
import * as https from "node:https";
import { sleep } from "./time";

/** An answer of GitLab. Status -1: GitLab could not be reached; -100: its URL cannot be used. */
export interface CoordinatorReply {
  readonly status: number;
  /** What the runner's log has as `status`: the answer's status and message, or the network's error. */
  readonly statusText: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface CoordinatorRequest {
  readonly method: string;
  /** Path below `/api/v4/`. */
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body: string | Buffer;
  /** Default `application/json`. */
  readonly contentType?: string;
}

export const VERSION = "19.4.0";
export const REVISION = "stand-in";

const REQUEST_TRIES = 5;
const FIRST_BACK_OFF_SECONDS = 0.05;

const httpAgent = new http.Agent({ keepAlive: true });
const httpsAgent = new https.Agent({ keepAlive: true });

const isWorthRetrying = (status: number): boolean =>
  [408, 429, 500, 502, 503, 504].includes(status) || status >= 512;

interface NodeNetworkError {
  readonly message: string;
  readonly code?: string;
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
}

const CERTIFICATE = /CERT|UNABLE_TO|SELF_SIGNED/;

/** A network error in the words of Go's standard library, as gitlab-runner has them in its log. */
const goError = ({ message, code = "", hostname, address, port }: NodeNetworkError): string => {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial tcp: lookup ${hostname}: no such host`;
  if (code === "ECONNREFUSED") return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === "EPROTO") return "tls: first record does not look like a TLS handshake";
  if (CERTIFICATE.test(code)) return `tls: failed to verify certificate: x509: ${message}`;
  return message;
};

const NO_ANSWER = { status: -1, headers: {}, body: "" } as const;

const unreached = (method: string, url: URL, error: Error): CoordinatorReply => {
  const call = `couldn't execute ${method} against ${url}: ${method[0]}${method.slice(1).toLowerCase()} "${url}"`;
  return { ...NO_ANSWER, statusText: `execute JSON request: execute request: ${call}: ${goError(error)}` };
};

/** GitLab's message counts where the answer is JSON and no success. */
const statusText = (method: string, url: URL, answer: Omit<CoordinatorReply, "statusText">): string => {
  const status = `${answer.status} ${http.STATUS_CODES[answer.status] ?? ""}`;
  const isJson = String(answer.headers["content-type"]).startsWith("application/json");
  if (answer.status < 300 || !isJson) return status;
  try {
    const { message } = JSON.parse(answer.body);
    const more = typeof message === "string" && message !== status ? ` (${message})` : "";
    return `${method} ${url}: ${status}${more}`;
  } catch {
    return status;
  }
};

const once = (base: string, request: CoordinatorRequest): Promise<CoordinatorReply> =>
  new Promise((resolve) => {
    const url = new URL(`${base}/api/v4/${request.path}`);
    const fail = (error: Error): void => resolve(unreached(request.method, url, error));
    const isSecure = url.protocol === "https:";
    const options = {
      method: request.method,
      agent: isSecure ? httpsAgent : httpAgent,
      headers: {
        "User-Agent": `gitlab-runner ${VERSION} (${REVISION}; node; ${process.platform}/${process.arch})`,
        Accept: "application/json",
        "Content-Type": request.contentType ?? "application/json",
        "Content-Length": String(Buffer.byteLength(request.body)),
        ...request.headers,
      },
    };
    const call = (isSecure ? https : http).request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        const answer = { status: response.statusCode ?? -1, headers: response.headers, body };
        resolve({ ...answer, statusText: statusText(request.method, url, answer) });
      });
    });
    call.on("error", fail);
    call.end(request.body);
  });

const pause = (answer: CoordinatorReply, attempt: number): number => {
  const asked = Number(answer.headers["retry-after"]);
  return asked > 0 ? asked : FIRST_BACK_OFF_SECONDS * 2 ** attempt;
};

/**
 * Sends a request to GitLab, up to five times when the server is overloaded or fails. As in gitlab-runner, a signal does
 * not interrupt it.
 */
export const ask = async (base: string, request: CoordinatorRequest): Promise<CoordinatorReply> => {
  if (!/^https?:\/\//.test(base)) {
    return { ...NO_ANSWER, status: -100, statusText: "get client: only http or https scheme supported" };
  }
  for (let attempt = 0; ; attempt++) {
    const answer = await once(base, request);
    if (!isWorthRetrying(answer.status) || attempt + 1 >= REQUEST_TRIES) return answer;
    await sleep(pause(answer, attempt));
  }
};

/** The runner's `info` in every request. */
export const runnerInfo = (executor: string): object => ({
  name: "gitlab-runner",
  version: VERSION,
  revision: REVISION,
  platform: process.platform,
  architecture: process.arch === "x64" ? "amd64" : process.arch,
  executor,
  shell: "bash",
  features: {
    variables: true,
    raw_variables: true,
    masking: true,
    multi_build_steps: true,
    refspecs: true,
    return_exit_code: true,
    trace_reset: true,
    trace_checksum: true,
    trace_size: true,
    cancelable: true,
    cancel_gracefully: true,
    two_phase_job_commit: true,
  },
});
