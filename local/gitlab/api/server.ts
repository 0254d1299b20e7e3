import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { countUp, type GitLabCounts } from "../model/counts";
import type { GitLabFaults } from "../model/faults";
import { type Answer, ApiError, type Call, forbidden, notFound, send, unauthorized } from "./http";
import { type Found, findRoute, type Route } from "./router";

/** What the server needs to answer. */
export interface ServerParts {
  readonly routes: readonly Route[];
  readonly accessToken: string;
  readonly faults: GitLabFaults;
  readonly counts: GitLabCounts;
  readonly log: (message: string) => void;
}

const HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/**
 * A web page of somebody else's, open in the owner's browser, must not start jobs here: calls by another host
 * name (DNS rebinding) or from another origin are refused.
 */
const checkOrigin = (request: IncomingMessage): void => {
  const host = request.headers.host ?? "";
  if (!HOST.test(host)) throw forbidden("this GitLab answers to loopback addresses only");
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${host}`) throw forbidden("another origin");
};

const checkToken = (parts: ServerParts, request: IncomingMessage): void => {
  const bearer = request.headers.authorization?.replace(/^Bearer /, "");
  const token = request.headers["private-token"] ?? bearer;
  if (token !== parts.accessToken) throw unauthorized();
};

/** GitLab's own words for what goes wrong inside; 502 and 503 come from the proxy before it, as a page. */
const faultAnswer = (status: number): Answer => {
  if (status === 502 || status === 503) {
    const headers = { "content-type": "text/html" };
    return { status, headers, body: "<html><head><title>GitLab is not responding</title></head></html>" };
  }
  if (status === 429) {
    const headers = { "content-type": "text/plain", "Retry-After": "5" };
    return { status, headers, body: "Retry later\n" };
  }
  return { status, body: { message: `${status} ${status === 500 ? "Internal Server Error" : "Error"}` } };
};

const find = (parts: ServerParts, method: string, url: URL): Found => {
  const found = findRoute(parts.routes, method, url.pathname);
  if (found === undefined) throw notFound();
  return found;
};

const answer = async (
  parts: ServerParts,
  request: IncomingMessage,
  url: URL,
  signal: AbortSignal,
): Promise<Answer> => {
  checkOrigin(request);
  const { route, ids } = find(parts, request.method ?? "GET", url);
  countUp(parts.counts.calls, `${route.method} ${route.pattern}`);
  const fault = route.area === "page" ? undefined : parts.faults.errorNow(route.area);
  if (fault !== undefined) return faultAnswer(fault);
  if (route.needsToken) checkToken(parts, request);
  const call: Call = { request, url, ids, signal };
  return route.handler(call);
};

const refusal = (parts: ServerParts, error: unknown): Answer => {
  if (error instanceof ApiError) return { status: error.status, body: error.body, headers: error.headers };
  parts.log(`GitLab: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return { status: 500, body: { message: "500 Internal Server Error" } };
};

const serve = async (
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const gone = new AbortController();
  response.on("close", () => response.writableFinished || gone.abort());
  const target = request.url ?? "/";
  const url = new URL(target.startsWith("/") ? `http://localhost${target}` : "http://localhost/");
  const result = await answer(parts, request, url, gone.signal).catch((error) => refusal(parts, error));
  countUp(parts.counts.answers, result.status);
  if (gone.signal.aborted) return;
  // An unread rest of the body would be taken for the next request on this connection.
  if (!request.complete) response.setHeader("connection", "close");
  send(response, result);
};

/** Starts listening on 127.0.0.1. A port that is taken is an error that says so. */
export const listen = async (parts: ServerParts, port: number): Promise<Server> => {
  const server = createServer((request, response) => {
    serve(parts, request, response).catch((error) => {
      parts.log(`GitLab: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? new Error(`Port ${port} is taken: choose another one`) : error),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
};

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;
