import type { GitLabAccess } from "../configuration";
import { ConfigurationError, TransientError } from "../errors";
import { reasonOf } from "./answers";
import { type ApiCall, apiRequest } from "./api-request";
import { type HttpAnswer, httpExchange } from "./http-exchange";
import { recordThrottle, type ThrottleClock, type Throttles, waitOf, waitUntilAllowed } from "./throttle";

export interface GitLabClientOptions {
  readonly access: GitLabAccess;
  /** Reads the configuration anew: asked once, when GitLab refuses the token (F-22). */
  readonly refresh: () => Promise<GitLabAccess>;
  readonly clock: ThrottleClock;
  /** Called whenever a request is on its way: what only its answer needs may load meanwhile. */
  readonly onSent?: () => void;
  /** Of one exchange. */
  readonly timeoutMilliseconds: number;
  /** How long a `Retry-After` may ask us to wait; what takes longer is left to the caller. */
  readonly longestWaitSeconds: number;
  /** What GitLab asked earlier calls of this process to wait for. */
  readonly throttles?: Throttles;
}

export interface GitLabRequest extends Omit<ApiCall, "body"> {
  /** The body; legacy calls carry the token in it. */
  readonly body?: (access: GitLabAccess) => object;
  /** Statuses that the caller reads; every other one throws here. */
  readonly answers: readonly number[];
}

export interface GitLabClient {
  send(request: GitLabRequest): Promise<HttpAnswer>;
  /** Throws what an answer stands for that the caller cannot use after all. */
  refuse(answer: HttpAnswer, what: string): never;
}

/** Time-out, conflict with another change, too early. */
const PASSING = [408, 409, 412, 425];

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/** 429 means not done. A 503 may come from a proxy after it was done, so a create call is not sent twice for it. */
const isBusy = (answer: HttpAnswer, method: GitLabRequest["method"]): boolean =>
  answer.status === 429 || (answer.status === 503 && method !== "POST");

/** Statuses with which GitLab says that the token may not: 401 everywhere, 403 for a wrong registration token. */
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
  // A success that the call never has is another program's answer; what it stands for is unknown (F-24).
  if (status < 300 || PASSING.includes(status) || status >= 500)
    throw new TransientError(`${what}: ${status}`);
  throw new ConfigurationError(`${what}: ${status} ${reason}`);
};

/**
 * Speaks to GitLab's REST API: the token goes into the header PRIVATE-TOKEN only (legacy calls: into the body),
 * no redirect is followed, a busy GitLab's short wait is waited for once, a refused token is read anew once.
 *
 * @throws ConfigurationError on 401, 403 and redirects; ThrottledError on 429, and without a call before the time
 *   that GitLab named; TransientError on 408, 5xx and broken connections
 */
export const gitLabClient = (options: GitLabClientOptions): GitLabClient => {
  const { refresh, clock, timeoutMilliseconds, longestWaitSeconds, throttles = new Map() } = options;
  let { access } = options;

  const send = httpExchange(options.onSent);

  const exchange = ({ method, path, body }: GitLabRequest): Promise<HttpAnswer> => {
    const token = access.mode === "verified" ? access.token : undefined;
    return send({
      ...apiRequest(access.url, token, { method, path, body: body?.(access) }),
      timeoutMilliseconds,
    });
  };

  /** Asks a second time when there is reason to hope: a short wait is over, or the token has been changed. */
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
