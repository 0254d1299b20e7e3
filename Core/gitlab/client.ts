import type { GitLabAccess } from "../configuration";
import { ConfigurationError, TransientError } from "../errors";
import { reasonOf } from "./answers";
import { type ApiCall, apiRequest } from "./api-request";
import { type HttpAnswer, httpExchange } from "./http-exchange";

export interface GitLabClientOptions {
  readonly access: GitLabAccess;
  /** Reads the configuration anew: asked once, when GitLab refuses the token (F-22). */
  readonly refresh: () => Promise<GitLabAccess>;
  readonly clock: { sleep(milliseconds: number): Promise<void> };
  /** Of one exchange. */
  readonly timeoutMilliseconds: number;
  /** How long a `Retry-After` may ask us to wait; more is left to the workflow's retry. */
  readonly longestWaitSeconds: number;
}

export interface GitLabRequest extends Omit<ApiCall, "body"> {
  /** The body; legacy calls carry the token in it. */
  readonly body?: (access: GitLabAccess) => object;
  /** Statuses that the caller reads; every other one throws here. */
  readonly answers: readonly number[];
}

export interface GitLabClient {
  send(request: GitLabRequest): Promise<HttpAnswer>;
}

/** Time-out, conflict with another change, too early, too many requests. */
const PASSING = [408, 409, 412, 425, 429];

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/** Whole seconds; a date form compares two machines' clocks and is left to the workflow's retry (I-33). */
const retryAfterSeconds = (answer: HttpAnswer): number | undefined => {
  const value = answer.header("retry-after") ?? "";
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
};

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
 * no redirect is followed, a busy GitLab's `Retry-After` is honoured once, a refused token is read anew once.
 *
 * @throws ConfigurationError on 401, 403 and redirects; TransientError on 408, 429, 5xx and broken connections
 */
export const gitLabClient = (options: GitLabClientOptions): GitLabClient => {
  const { refresh, clock, timeoutMilliseconds, longestWaitSeconds } = options;
  let { access } = options;

  const send = httpExchange();

  const exchange = ({ method, path, body }: GitLabRequest): Promise<HttpAnswer> => {
    const token = access.mode === "verified" ? access.token : undefined;
    return send({
      ...apiRequest(access.url, token, { method, path, body: body?.(access) }),
      timeoutMilliseconds,
    });
  };

  /** Asks a second time when there is reason to hope: a short wait is over, or the token has been changed. */
  const askAgain = async (answer: HttpAnswer, method: GitLabRequest["method"]): Promise<boolean> => {
    const seconds = retryAfterSeconds(answer);
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
    send: async (request) => {
      const first = await exchange(request);
      const isSettled = request.answers.includes(first.status) && !isTokenRefused(first, access);
      const answer = !isSettled && (await askAgain(first, request.method)) ? await exchange(request) : first;
      if (request.answers.includes(answer.status)) return answer;
      return throwFor(answer, `${request.method} ${request.path.replace(/\?.*/, "")}`, access);
    },
  };
};
