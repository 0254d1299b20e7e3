import type { CallOutcome } from "../lambda-host/call";
import type { HttpRoute, RouteAuthorizer } from "./http-api";

/** The part of a request that the authorizer gets: everything but the body. */
export interface RequestHead {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type Verdict = "allowed" | "denied" | "no-identity" | "failed";

const CACHE_ENTRIES = 1_000;

/** Everybody who reaches the laptop's API. */
const ADDRESS = "127.0.0.1";

/** Payload format 2.0. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html */
const authorizerEvent = (
  { routeKey }: Pick<HttpRoute, "routeKey">,
  { path, method, headers }: RequestHead,
  identitySource: readonly string[],
) => ({
  version: "2.0",
  type: "REQUEST",
  routeArn: `arn:aws:execute-api:eu-west-1:123456789012:laptop/$default/${method}${path}`,
  identitySource,
  routeKey,
  rawPath: path,
  rawQueryString: "",
  headers,
  requestContext: { http: { method, path, protocol: "HTTP/1.1", sourceIp: ADDRESS }, stage: "$default" },
});

const verdictOf = (outcome: CallOutcome): Verdict => {
  if ("error" in outcome) return "failed";
  const { isAuthorized } = (outcome.result ?? {}) as { isAuthorized?: unknown };
  if (typeof isAuthorized !== "boolean") return "failed";
  return isAuthorized ? "allowed" : "denied";
};

/**
 * API Gateway's REQUEST authorizer with simple responses. A request without the identity source is refused without a
 * call. Each answer, a denial too, is cached under the identity source's values for the TTL.
 */
export const authorizer = (
  route: Pick<HttpRoute, "routeKey">,
  { identityHeader, isByAddress, ttlSeconds }: RouteAuthorizer,
  callFunction: (event: unknown) => Promise<CallOutcome>,
  now: () => number,
): ((head: RequestHead) => Promise<Verdict>) => {
  const cache = new Map<string, { readonly until: number; readonly verdict: Verdict }>();
  return async (head) => {
    const token = head.headers[identityHeader];
    if (!token) return "no-identity";
    const source = isByAddress ? [token, ADDRESS] : [token];
    const identity = JSON.stringify(source);
    const known = cache.get(identity);
    if (known && known.until > now()) return known.verdict;
    const verdict = verdictOf(await callFunction(authorizerEvent(route, head, source)));
    if (cache.size >= CACHE_ENTRIES) cache.clear();
    if (verdict !== "failed") cache.set(identity, { until: now() + ttlSeconds * 1_000, verdict });
    return verdict;
  };
};
