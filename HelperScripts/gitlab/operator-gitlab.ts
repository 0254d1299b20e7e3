import { ConfigurationError } from "../../Core/errors";
import { type ApiCall, apiRequest } from "../../Core/gitlab/api-request";

/** As `globalThis.fetch`, as far as it is used here. */
export type HttpFetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<HttpResponse>;

export interface HttpResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface GitLabAnswer {
  readonly status: number;
  /** Parsed JSON; undefined when there was none. */
  readonly body: unknown;
  /** As it came. */
  readonly text: string;
  /** Number of the next page. */
  readonly nextPage?: string;
  /** Milliseconds since 1970, from the answer's date. */
  readonly date?: number;
}

const TIMEOUT_MILLISECONDS = 10_000;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const reason = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : "unknown";
};

const remedy = (why: string): string =>
  /certificate|self.signed|issuer/i.test(why)
    ? "set NODE_EXTRA_CA_CERTS to the file of the authority that vouches for its certificate"
    : "check the address, and the network between";

/**
 * GitLab's REST API as an operator's tool uses it. No redirect is followed: the token goes to `url` and nowhere
 * else (T-18, F-73). Paths are built from numbers and fixed words by the callers.
 */
export const operatorGitLab = (fetch: HttpFetch, url: string, token: string) => {
  const exchange = async (call: ApiCall): Promise<HttpResponse> => {
    const { url: address, ...request } = apiRequest(url, token, call);
    const response = await fetch(address, {
      ...request,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    }).catch((error: unknown) => {
      throw new ConfigurationError(
        `GitLab at ${url} does not answer (${reason(error)}): ${remedy(reason(error))}`,
      );
    });
    if (response.status >= 300 && response.status < 400) {
      throw new ConfigurationError(
        `GitLab at ${url} sends on to another address, which is not followed: store GitLab's own address as Url`,
      );
    }
    return response;
  };
  const send = async (call: ApiCall): Promise<GitLabAnswer> => {
    const response = await exchange(call);
    const date = Date.parse(response.headers.get("date") ?? "");
    const nextPage = response.headers.get("x-next-page");
    const text = await response.text();
    return {
      status: response.status,
      body: parse(text),
      text,
      ...(nextPage ? { nextPage } : {}),
      ...(Number.isNaN(date) ? {} : { date }),
    };
  };
  /** An answer that is no JSON, such as a job's log. */
  const text = async (path: string): Promise<{ readonly status: number; readonly text: string }> => {
    const response = await exchange({ method: "GET", path });
    return { status: response.status, text: await response.text() };
  };
  return {
    text,
    get: (path: string) => send({ method: "GET", path }),
    post: (path: string, body: object) => send({ method: "POST", path, body }),
    delete: (path: string) => send({ method: "DELETE", path }),
    put: (path: string, body: object) => send({ method: "PUT", path, body }),
  };
};

export type OperatorGitLab = ReturnType<typeof operatorGitLab>;
