import * as http from "node:http";
import * as https from "node:https";
import { sleep } from "./time";

/** An answer of GitLab. Status -1: GitLab could not be reached. */
export interface CoordinatorReply {
  readonly status: number;
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

const once = (base: string, request: CoordinatorRequest): Promise<CoordinatorReply> =>
  new Promise((resolve) => {
    const url = new URL(`${base}/api/v4/${request.path}`);
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
      response.on("error", () => resolve({ status: -1, headers: {}, body: "" }));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? -1,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    call.on("error", () => resolve({ status: -1, headers: {}, body: "" }));
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
