import type { CallOutcome } from "../lambda-host/call";
import type { RequestHead } from "./authorize";
import type { WebhookApiAnswer } from "./put-event";

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

/** The integration that hands a request, as it is, to a function, and its answer back. */
export const functionCaller =
  (routeKey: string, callFunction: (event: unknown) => Promise<CallOutcome>) =>
  async (head: RequestHead, body: Buffer): Promise<WebhookApiAnswer> =>
    answerOf(await callFunction(functionEvent(routeKey, head, body)));
