import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { CallOutcome } from "../lambda-host/call";
import type { WebhookApiShape } from "./api-shape";
import { authorizer, type RequestHead, type Verdict } from "./authorize";
import { eventPutter, type WebhookApiAnswer } from "./put-event";
import type { SignedRoute } from "./signed-route";
import { tokenBucket } from "./throttle";

/** The payload limit of an HTTP API. */
const MAX_BODY_BYTES = 10 * 1_024 * 1_024;

const KEPT_LATENCIES = 20_000;
const KEEP_ALIVE_MS = 120_000;

const REFUSALS: Readonly<Record<Exclude<Verdict, "allowed">, WebhookApiAnswer>> = {
  "no-identity": { status: 401, body: { message: "Unauthorized" } },
  denied: { status: 403, body: { message: "Forbidden" } },
  failed: { status: 500, body: { message: "Internal Server Error" } },
};
const NOT_FOUND: WebhookApiAnswer = { status: 404, body: { message: "Not Found" } };
const TOO_MANY: WebhookApiAnswer = { status: 429, body: { message: "Too Many Requests" } };
const TOO_LARGE: WebhookApiAnswer = { status: 413, body: { message: "Request Entity Too Large" } };
const UNAVAILABLE: WebhookApiAnswer = { status: 503, body: { message: "Service Unavailable" } };

/** Counts since the start. */
export interface WebhookApiCounts {
  readonly accepted: number;
  readonly failedEntries: number;
  /** Most refusals in a row, in the order of the answers: GitLab switches a webhook off after four. */
  readonly refusedInARow: number;
  /** Number of answers by HTTP status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Milliseconds from arrival to answer, of the last 20,000 accepted requests. */
  readonly acceptMs: readonly number[];
}

/** The API as it is deployed, with the rights that it has. */
export interface DeployedApi {
  readonly api: WebhookApiShape;
  readonly callAuthorizer: (event: unknown) => Promise<CallOutcome>;
  /** The integration's client of EventBridge, with its role. */
  readonly events: EventBridgeClient;
  readonly signed?: SignedRoute;
}

/** Replaces API Gateway, with the route, authorizer and integration of the shipped template. */
export interface WebhookApi {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, without the route's path. */
  readonly url: string;
  /** Starts to serve. Before that every request is answered with 503. */
  open(deployed: DeployedApi): void;
  counts(): WebhookApiCounts;
  close(): Promise<void>;
}

const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
};

const headOf = (request: IncomingMessage): RequestHead => ({
  method: request.method ?? "",
  path: new URL(request.url ?? "/", "http://localhost").pathname,
  headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
});

type Serve = (request: IncomingMessage) => Promise<WebhookApiAnswer>;

const serveApi = ({ api, callAuthorizer, events, signed }: DeployedApi): Serve => {
  const authorize = authorizer(api, callAuthorizer, Date.now);
  const mayPass = tokenBucket(api, Date.now);
  const put = eventPutter(events, api);
  return async (request) => {
    const head = headOf(request);
    const body = await readBody(request);
    if (signed?.isFor(head)) return body === undefined ? TOO_LARGE : signed.answer(head, body);
    if (head.method !== api.method || head.path !== api.path) return NOT_FOUND;
    if (!mayPass()) return TOO_MANY;
    const verdict = await authorize(head);
    if (verdict !== "allowed") return REFUSALS[verdict];
    return body === undefined ? TOO_LARGE : put(body.toString("utf8"));
  };
};

const counter = () => {
  const counted = {
    accepted: 0,
    failedEntries: 0,
    refusedInARow: 0,
    statuses: {} as Record<number, number>,
    acceptMs: [] as number[],
  };
  let inARow = 0;
  const count = ({ status, body }: WebhookApiAnswer, ms: number): void => {
    counted.statuses[status] = (counted.statuses[status] ?? 0) + 1;
    inARow = status === 200 ? 0 : inARow + 1;
    counted.refusedInARow = Math.max(counted.refusedInARow, inARow);
    if (status !== 200) return;
    const failed = Number((body as { FailedEntryCount?: number }).FailedEntryCount ?? 0);
    counted.failedEntries += failed;
    if (failed > 0) return;
    counted.accepted += 1;
    if (counted.acceptMs.push(ms) > KEPT_LATENCIES) counted.acceptMs.shift();
  };
  return { counted, count };
};

/**
 * Starts the webhook API on loopback.
 *
 * @param port 0: any free port
 * @throws Error with a message for the operator when the port is taken
 */
export const startWebhookApi = async (port: number): Promise<WebhookApi> => {
  const { counted, count } = counter();
  let serve: Serve = async () => UNAVAILABLE;
  let events: EventBridgeClient | undefined;
  const respond = (response: ServerResponse, answer: WebhookApiAnswer, since: number): void => {
    count(answer, performance.now() - since);
    const headers = { "Content-Type": "application/json", "Apigw-Requestid": randomUUID() };
    response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
  };
  const server = createServer((request, response) => {
    const since = performance.now();
    serve(request)
      .catch((): WebhookApiAnswer => UNAVAILABLE)
      .then((answer) => respond(response, answer, since));
  });
  // Longer than a sender keeps idle connections, which could otherwise be closed while it sends the next webhook.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    server.listen(port, "127.0.0.1", resolve);
  });
  const chosen = (server.address() as AddressInfo).port;
  return {
    port: chosen,
    url: `http://127.0.0.1:${chosen}`,
    open: (deployed) => {
      events = deployed.events;
      serve = serveApi(deployed);
    },
    counts: () => ({ ...counted, statuses: { ...counted.statuses }, acceptMs: [...counted.acceptMs] }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      events?.destroy();
    },
  };
};

const listenError = (error: NodeJS.ErrnoException, port: number): Error =>
  error.code === "EADDRINUSE"
    ? new Error(`Port ${port} is taken: choose another with --port, or leave it out for a free one.`)
    : error;
