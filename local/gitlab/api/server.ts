import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { getPath } from "hono/utils/url";
import { countUp, type GitLabCounts } from "../model/counts";
import type { GitLabFaults } from "../model/faults";
import type { ProjectPaths } from "../repository/project-paths";
import { ApiError, forbidden, notFound, unauthorized } from "./api-error";
import { type HttpEnvironment, json, type RequestContext } from "./http";
import type { Route } from "./router";

/** The dependencies of the stand-in's HTTP server. */
export interface GitLabServerDependencies {
  readonly routes: readonly Route[];
  readonly paths: ProjectPaths;
  readonly accessToken: string;
  readonly faults: GitLabFaults;
  readonly counts: GitLabCounts;
  readonly log: (message: string) => void;
}

const HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;
const ID = "[1-9][0-9]{0,15}";
/** A slash in it comes percent-encoded. */
const TEXT = "[^/]+";

/**
 * A foreign web page, open in the owner's browser, must not start jobs here. Requests under another host name
 * (DNS rebinding) or from another origin are refused.
 */
const checkOrigin = ({ req }: RequestContext): void => {
  const host = req.header("host") ?? "";
  if (!HOST.test(host)) throw forbidden("this GitLab answers to loopback addresses only");
  const origin = req.header("origin");
  if (origin !== undefined && origin !== `http://${host}`) throw forbidden("another origin");
};

const checkToken = ({ req }: RequestContext, accessToken: string): void => {
  const bearer = req.header("authorization")?.replace(/^Bearer /, "");
  if ((req.header("private-token") ?? bearer) !== accessToken) throw unauthorized();
};

/** An injected error in GitLab's format. 502 and 503 are pages of the proxy in front of GitLab. */
const faultResponse = (status: number): Response => {
  if (status === 502 || status === 503) {
    const page = "<html><head><title>GitLab is not responding</title></head></html>";
    return new Response(page, { status, headers: { "content-type": "text/html" } });
  }
  if (status === 429) {
    const headers = { "content-type": "text/plain", "Retry-After": "5" };
    return new Response("Retry later\n", { status, headers });
  }
  return json({ message: `${status} ${status === 500 ? "Internal Server Error" : "Error"}` }, status);
};

const serveRoute = (route: Route, dependencies: GitLabServerDependencies, request: RequestContext) => {
  countUp(dependencies.counts.calls, `${route.method} ${route.pattern}`);
  const fault = route.area === "page" ? undefined : dependencies.faults.errorNow(route.area);
  if (fault !== undefined) return faultResponse(fault);
  if (route.needsToken) checkToken(request, dependencies.accessToken);
  return route.handler(request);
};

const refusal = (log: GitLabServerDependencies["log"], error: Error): Response => {
  if (error instanceof ApiError) return json(error.body, error.status, error.headers);
  log(`GitLab: ${error.stack ?? error.message}`);
  return json({ message: "500 Internal Server Error" }, 500);
};

/** As GitLab, ignores a slash at the end of an API path. */
const withoutSlash = (path: string): string => path.replace(/^(\/api\/v4\/.*[^/])\/$/, "$1");

/** As in GitLab, a project or group may be given by its path, percent-encoded, instead of its id. */
const withIds = (paths: ProjectPaths, path: string): string => {
  const [, api, owners = "", given = "", rest = ""] =
    /^(\/api\/v4)\/(projects|groups)\/([^/]+)(.*)$/.exec(path) ?? [];
  if (api === undefined || /^[0-9]+$/.test(given) || !/^[\w.-]+(%2F[\w.-]+)*$/i.test(given)) return path;
  const name = decodeURIComponent(given);
  if (owners === "groups") return `${api}/groups/${paths.groupId(name)}${rest}`;
  return name.includes("/") ? `${api}/projects/${paths.projectId(name)}${rest}` : path;
};

const appOf = (dependencies: GitLabServerDependencies): Hono<HttpEnvironment> => {
  const app = new Hono<HttpEnvironment>({
    getPath: (request) => withIds(dependencies.paths, withoutSlash(getPath(request))),
  });
  app.use(async (request, next) => {
    checkOrigin(request);
    await next();
  });
  for (const route of dependencies.routes) {
    const path = route.pattern.replace(/:\w+/g, (name) => `${name}{${name === ":name" ? TEXT : ID}}`);
    app.on(route.method, path, (request) => serveRoute(route, dependencies, request));
  }
  app.notFound(() => refusal(dependencies.log, notFound()));
  app.onError((error) => refusal(dependencies.log, error));
  return app;
};

/** Starts the server on 127.0.0.1. @throws Error that names the port when it is taken */
export const listen = async (dependencies: GitLabServerDependencies, port: number): Promise<Server> => {
  const app = appOf(dependencies);
  const fetch: typeof app.fetch = async (request, bindings, context) => {
    const response = await app.fetch(request, bindings, context);
    countUp(dependencies.counts.answers, response.status);
    response.headers.set("cache-control", "no-store");
    return response;
  };
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? new Error(`Port ${port} is taken: choose another one`) : error),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
};

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;
