import type { ParsedTemplate } from "../engine/template-file";
import type { CallOutcome } from "../lambda-host/call";
import { type Resolve, routeTo, settingsOf } from "./api-shape";
import type { RequestHead } from "./authorize";
import type { WebhookApiAnswer } from "./put-event";
import { tokenBucket } from "./throttle";

/** What of the shipped HTTP API's signed route the laptop goes by. */
export interface SignedRouteShape {
  readonly method: string;
  /** e.g. `/signed-webhook` */
  readonly path: string;
  readonly routeKey: string;
  /** Logical id of the function that the integration calls. */
  readonly functionId: string;
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** The route as it is served: undefined for what it is not asked. */
export interface SignedRoute {
  readonly isFor: (head: RequestHead) => boolean;
  readonly answer: (head: RequestHead, body: Buffer) => Promise<WebhookApiAnswer>;
}

/** `arn:…/functions/${ReceiveSignedWebhookFunction.Arn}/invocations` → `ReceiveSignedWebhookFunction` */
const functionIdOf = (uri: unknown): string | undefined =>
  /functions\/\$\{(\w+)\.Arn\}/.exec(JSON.stringify(uri) ?? "")?.[1];

/**
 * Reads the shipped template's route that leads to a function.
 *
 * @throws Error naming what the laptop does not know how to serve
 */
export const readSignedRoute = (template: ParsedTemplate, resolve: Resolve): SignedRouteShape => {
  const { route, integration } = routeTo(template, ({ IntegrationUri }) => IntegrationUri !== undefined);
  const functionId = functionIdOf(integration.IntegrationUri);
  if (
    functionId === undefined ||
    integration.PayloadFormatVersion !== "2.0" ||
    route.AuthorizationType !== "NONE"
  )
    throw new Error("The laptop serves an open route that calls a function with payload format 2.0");
  const routeKey = resolve(route.RouteKey);
  const [method = "", path = ""] = routeKey.split(" ");
  return { method, path, routeKey, functionId, ...settingsOf(template, routeKey, resolve) };
};

/** Types whose body API Gateway hands on as text; others come in base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml)\b)/;

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
const functionEvent = (routeKey: string, { path, method, headers }: RequestHead, body: Buffer) => {
  const isText = TEXT.test(headers["content-type"] ?? "");
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: "",
    headers,
    requestContext: {
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "127.0.0.1" },
      stage: "$default",
    },
    body: body.toString(isText ? "utf8" : "base64"),
    isBase64Encoded: !isText,
  };
};

const FAILED: WebhookApiAnswer = { status: 500, body: { message: "Internal Server Error" } };
const TOO_MANY: WebhookApiAnswer = { status: 429, body: { message: "Too Many Requests" } };

const parsed = (body: unknown): unknown => {
  try {
    return JSON.parse(String(body));
  } catch {
    return body;
  }
};

const answerOf = (outcome: CallOutcome): WebhookApiAnswer => {
  if ("error" in outcome) return FAILED;
  const { statusCode, body } = (outcome.result ?? {}) as { statusCode?: unknown; body?: unknown };
  return typeof statusCode === "number" ? { status: statusCode, body: parsed(body) } : FAILED;
};

/** Serves the route: its own throttle, then the function, as it is. */
export const signedRoute = (
  shape: SignedRouteShape,
  callFunction: (event: unknown) => Promise<CallOutcome>,
  now: () => number,
): SignedRoute => {
  const mayPass = tokenBucket(shape, now);
  return {
    isFor: ({ method, path }) => method === shape.method && path === shape.path,
    answer: async (head, body) =>
      mayPass() ? answerOf(await callFunction(functionEvent(shape.routeKey, head, body))) : TOO_MANY,
  };
};
