import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { CallOutcome } from "../lambda-host/call";
import { authorizer, type RequestHead, type Verdict } from "./authorize";
import { functionCaller } from "./function-route";
import type { HttpApi, HttpRoute } from "./http-api";
import { eventPutter, type WebhookApiAnswer } from "./put-event";
import { tokenBucket } from "./throttle";

/** How API Gateway reaches what its routes lead to. */
export interface ApiGatewayCalls {
  /**
   * Calls a function.
   *
   * @param source the part of an API for which it is called, e.g. `0a1b2c3d/authorizers/4e5f6a7b`
   */
  readonly callFunction: (functionName: string, source: string, event: unknown) => Promise<CallOutcome>;
  /** A client of EventBridge with an integration's role. */
  readonly eventsWith: (roleArn: string | undefined) => EventBridgeClient;
}

const REFUSALS: Readonly<Record<Exclude<Verdict, "allowed">, WebhookApiAnswer>> = {
  "no-identity": { status: 401, body: { message: "Unauthorized" } },
  denied: { status: 403, body: { message: "Forbidden" } },
  failed: { status: 500, body: { message: "Internal Server Error" } },
};
const NOT_FOUND: WebhookApiAnswer = { status: 404, body: { message: "Not Found" } };
const TOO_MANY: WebhookApiAnswer = { status: 429, body: { message: "Too Many Requests" } };
const TOO_LARGE: WebhookApiAnswer = { status: 413, body: { message: "Request Entity Too Large" } };

/** Answers one request; without a body when that is too large. */
export type ServeRequest = (head: RequestHead, body: Buffer | undefined) => Promise<WebhookApiAnswer>;

const integrationOf = (
  api: HttpApi,
  { routeKey, method, path, integration }: HttpRoute,
  calls: ApiGatewayCalls,
) => {
  if (integration.kind === "function") {
    const source = `${api.id}/$default/${method}${path}`;
    return functionCaller(routeKey, (event) => calls.callFunction(integration.functionName, source, event));
  }
  const put = eventPutter(calls.eventsWith(integration.roleArn), integration.requestParameters);
  return (_head: RequestHead, body: Buffer) => put(body.toString("utf8"));
};

const authorizerOf = (api: HttpApi, route: HttpRoute, calls: ApiGatewayCalls) => {
  const { authorizer: own } = route;
  if (own === undefined) return async (): Promise<Verdict> => "allowed";
  const source = `${api.id}/authorizers/${own.id}`;
  return authorizer(route, own, (event) => calls.callFunction(own.functionName, source, event), Date.now);
};

const serveRoute = (api: HttpApi, route: HttpRoute, calls: ApiGatewayCalls): ServeRequest => {
  const mayPass = tokenBucket(route, Date.now);
  const authorize = authorizerOf(api, route, calls);
  const integration = integrationOf(api, route, calls);
  return async (head, body) => {
    if (!mayPass()) return TOO_MANY;
    const verdict = await authorize(head);
    if (verdict !== "allowed") return REFUSALS[verdict];
    return body === undefined ? TOO_LARGE : integration(head, body);
  };
};

/** Serves one API: each route has a throttle of its own, its authorizer's answers and its integration. */
export const serveApi = (api: HttpApi, calls: ApiGatewayCalls): ServeRequest => {
  const routes = api.routes.map((route) => ({ route, serve: serveRoute(api, route, calls) }));
  return async (head, body) => {
    const path = head.path.slice(api.basePath.length);
    const found = routes.find(({ route }) => route.method === head.method && route.path === path);
    return found === undefined ? NOT_FOUND : found.serve({ ...head, path }, body);
  };
};
