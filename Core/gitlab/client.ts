import type { GitLabAccess } from "../configuration";
import { ConfigurationError, TransientError } from "../errors";
import { reasonOf } from "./answers";
import { type ApiCall, apiRequest } from "./api-request";
import { type HttpAnswer, httpExchange } from "./http-exchange";
import { recordThrottle, type ThrottleClock, type Throttles, waitOf, waitUntilAllowed } from "./throttle";

export interface GitLabClientOptions {
  readonly access: GitLabAccess;
  /** Reads the configuration again: called once, when GitLab refuses the token (F-22). */
  readonly refresh: () => Promise<GitLabAccess>;
  readonly clock: ThrottleClock;
  /** Called whenever a request has been sent: modules needed for its answer can load meanwhile. */
  readonly onSent?: () => void;
  /** For one request and its answer. */
  readonly timeoutMilliseconds: number;
  /** The longest `Retry-After` that is waited for. A longer one is left to the caller. */
  readonly longestWaitSeconds: number;
  /** Waiting times that GitLab asked of earlier calls in this process. */
  readonly throttles?: Throttles;
}

export interface GitLabRequest extends Omit<ApiCall, "body"> {
  /** The body; in legacy calls it contains the token. */
  readonly body?: (access: GitLabAccess) => object;
  /** Statuses that the caller handles. All others throw. */
  readonly answers: readonly number[];
}

export interface GitLabClient {
  send(request: GitLabRequest): Promise<HttpAnswer>;
  /** Throws the error for an answer that the caller cannot use. */
  refuse(answer: HttpAnswer, what: string): never;
}

/** Statuses that pass: time-out, conflict with another change, too early. */
const PASSING = [408, 409, 412, 425];

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/** Not done after a 429. A 503 may come from a proxy after the work, so no create call is repeated. */
const isBusy = (answer: HttpAnswer, method: GitLabRequest["method"]): boolean =>
  answer.status === 429 || (answer.status === 503 && method !== "POST");

/** True if GitLab refuses the token: 401 for any call, 403 for a wrong registration token. */
const isTokenRefused = (answer: HttpAnswer, { mode }: GitLabAccess): boolean =>
  answer.status === 401 || (mode === "payload" && answer.status === 403);

const throwFor = (answer: HttpAnswer, what: string, access: GitLabAccess): never => {
  const { status } = answer;
  const parameter = access.mode === "verified" ? "AccessToken" : "RegistrationToken";
  if (isRedirect(status)) {
    throw new ConfigurationError(
      `${what} was answered with a redirect (${status}), which is not followed: set the parameter Url to GitLab's own address`,
    );
  }
  if (status === 401) {
    throw new ConfigurationError(
      `GitLab refuses the token in the parameter ${parameter} (401): store a valid one`,
    );
  }
  const reason = reasonOf(answer.body).replaceAll(access.token, "[token]");
  if (status === 403) {
    throw new ConfigurationError(
      `${what}: 403 ${reason}. The token in ${parameter} needs the scopes create_runner, manage_runner and read_api, and the role Owner`,
    );
  }
  // A success status that this call never has comes from another program. The outcome is unknown (F-24).
  if (status < 300 || PASSING.includes(status) || status >= 500)
    throw new TransientError(`${what}: ${status}`);
  throw new ConfigurationError(`${what}: ${status} ${reason}`);
};

/**
 * Calls GitLab's REST API. The token goes only into the header PRIVATE-TOKEN (legacy calls: the body).
 * Redirects are not followed. After a short `Retry-After`, or with a new token, a call is repeated once.
 *
 * @throws ConfigurationError on 401, 403 and redirects; ThrottledError on 429, and without a call until the
 *   time that GitLab named; TransientError on 408, 5xx and broken connections
 */
export const gitLabClient = (options: GitLabClientOptions): GitLabClient => {
  const { refresh, clock, timeoutMilliseconds, longestWaitSeconds, throttles = new Map() } = options;
  let { access } = options;

  const send = httpExchange(options.onSent, access.caCertificate);

  const exchange = ({ method, path, body }: GitLabRequest): Promise<HttpAnswer> => {
    const token = access.mode === "verified" ? access.token : undefined;
    return send({
      ...apiRequest(access.url, token, { method, path, body: body?.(access) }),
      timeoutMilliseconds,
    });
  };

  /** Decides whether to repeat the call: after a short wait, or if the token has been changed. */
  const askAgain = async (answer: HttpAnswer, method: GitLabRequest["method"]): Promise<boolean> => {
    const seconds = waitOf(answer);
    if (isBusy(answer, method) && seconds !== undefined) {
      if (seconds <= longestWaitSeconds) await clock.sleep(seconds * 1_000);
      return seconds <= longestWaitSeconds;
    }
    if (!isTokenRefused(answer, access)) return false;
    const before = access;
    access = await refresh();
    return access.token !== before.token && access.mode === before.mode;
  };

  return {
    refuse: (answer, what) => throwFor(answer, what, access),
    send: async (request) => {
      await waitUntilAllowed(throttles, request, clock, longestWaitSeconds);
      const first = await exchange(request);
      const isSettled = request.answers.includes(first.status) && !isTokenRefused(first, access);
      const answer = !isSettled && (await askAgain(first, request.method)) ? await exchange(request) : first;
      if (request.answers.includes(answer.status)) return answer;
      if (answer.status === 429) throw recordThrottle(throttles, request, answer, clock.now());
      return throwFor(answer, `${request.method} ${request.path.replace(/\?.*/, "")}`, access);
    },
  };
};
