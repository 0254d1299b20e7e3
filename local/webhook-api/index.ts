import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RequestHead } from "./authorize";
import type { HttpApi } from "./http-api";
import type { WebhookApiAnswer } from "./put-event";
import { type ApiGatewayCalls, type ServeRequest, serveApi } from "./serve-api";

/** The payload limit of an HTTP API. */
const MAX_BODY_BYTES = 10 * 1_024 * 1_024;

const KEPT_LATENCIES = 20_000;
const KEEP_ALIVE_MS = 120_000;

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

/** What the webhook API serves, as it is deployed. */
export interface DeployedApis extends ApiGatewayCalls {
  /** The HTTP APIs as they are deployed at this moment. */
  readonly apis: () => Promise<readonly HttpApi[]>;
  readonly log: (message: string) => void;
}

/** Replaces API Gateway: serves the HTTP APIs of all deployed stacks, each under its base path. */
export interface WebhookApi {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, without a route's path. */
  readonly url: string;
  /** Starts to serve. Before that, and where no API is deployed, every request is answered with 503. */
  open(deployed: DeployedApis): void;
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

const isBelow = (path: string, { basePath }: HttpApi): boolean =>
  basePath === "" || path.startsWith(`${basePath}/`);

/** An API with a base path goes before the one that has none. */
const apiFor = (apis: readonly HttpApi[], path: string): HttpApi | undefined =>
  apis
    .filter((api) => isBelow(path, api))
    .sort((one, other) => other.basePath.length - one.basePath.length)[0];

const unserved: ServeRequest = async () => UNAVAILABLE;

/** An API's throttles and its authorizer's answers last until it is changed. */
const servedApis = (deployed: DeployedApis) => {
  const served = new Map<string, { readonly text: string; readonly serve: ServeRequest }>();
  return (api: HttpApi): ServeRequest => {
    const text = JSON.stringify(api);
    const known = served.get(api.id);
    if (known?.text === text) return known.serve;
    if (api.problem !== undefined) deployed.log(`An HTTP API is not served: ${api.problem}`);
    const serve = api.problem === undefined ? serveApi(api, deployed) : unserved;
    served.set(api.id, { text, serve });
    return serve;
  };
};

const serveApis = (deployed: DeployedApis): Serve => {
  const serverOf = servedApis(deployed);
  return async (request) => {
    const head = headOf(request);
    const body = await readBody(request);
    const api = apiFor(await deployed.apis(), head.path);
    return api === undefined ? UNAVAILABLE : serverOf(api)(head, body);
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
 * @param onAnswer told of the HTTP status of each answer
 * @throws Error with a message for the operator when the port is taken
 */
export const startWebhookApi = async (
  port: number,
  onAnswer: (status: number) => void = () => undefined,
): Promise<WebhookApi> => {
  const { counted, count } = counter();
  let serve: Serve = async () => UNAVAILABLE;
  const respond = (response: ServerResponse, answer: WebhookApiAnswer, since: number): void => {
    count(answer, performance.now() - since);
    onAnswer(answer.status);
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
      serve = serveApis(deployed);
    },
    counts: () => ({ ...counted, statuses: { ...counted.statuses }, acceptMs: [...counted.acceptMs] }),
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const listenError = (error: NodeJS.ErrnoException, port: number): Error =>
  error.code === "EADDRINUSE"
    ? new Error(`Port ${port} is taken: choose another with --port, or leave it out for a free one.`)
    : error;
