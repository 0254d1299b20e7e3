import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type StandIn, startGitLab } from "../../../local/gitlab";

/** A request, as tests check it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An answer in place of GitLab's; "cut" breaks off in the middle, "silent" never comes. */
export type AnswerFault =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | "cut"
  | "silent";

export interface InterceptedGitLab {
  readonly url: string;
  readonly standIn: StandIn;
  readonly requests: SeenRequest[];
  /** Faults for the next requests, in order. */
  readonly faults: AnswerFault[];
  close(): Promise<void>;
}

export interface InterceptedOptions {
  /** The token that this GitLab accepts, in PRIVATE-TOKEN or in the body of a legacy call. */
  readonly token: string;
  /** Items of a page where a hundred are asked for, so that callers must read on. */
  readonly pageSize?: number;
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
};

const readSeen = async (request: IncomingMessage): Promise<SeenRequest> => {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const { method = "", headers } = request;
  return { method, path: url.pathname, query: url.searchParams, headers, body: await readBody(request) };
};

/** The request for the stand-in, with the stand-in's tokens instead of the test's. */
const translated = (seen: SeenRequest, { token, pageSize = 100 }: InterceptedOptions, standIn: StandIn) => {
  const query = new URLSearchParams(seen.query);
  if (query.get("per_page") === "100") query.set("per_page", String(pageSize));
  const given = String(seen.headers["private-token"] ?? "");
  const headers: Record<string, string> = {
    "content-type": seen.headers["content-type"] ?? "application/json",
    ...(given === "" ? {} : { "private-token": given === token ? standIn.accessToken : given }),
  };
  const body = seen.body.replaceAll(`"token":"${token}"`, `"token":"${standIn.registrationToken}"`);
  return { url: `${standIn.url}${seen.path}?${query}`, headers, ...(body === "" ? {} : { body }) };
};

const answerFault = (fault: AnswerFault, response: ServerResponse): void => {
  if (fault === "silent") return;
  if (fault !== "cut") {
    response.writeHead(fault.status, fault.headers).end(fault.body);
    return;
  }
  response.writeHead(200, { "content-type": "application/json", "content-length": "999" });
  response.write('[{"id":');
  setImmediate(() => response.destroy());
};

/**
 * A proxy before GitLab's stand-in: it records requests, answers the next ones with faults, and passes the others on.
 * A `Link` header names the stand-in's own address, not the proxy's, as GitLab's `external_url` may do.
 */
export const interceptedGitLab = async (options: InterceptedOptions): Promise<InterceptedGitLab> => {
  const standIn = await startGitLab();
  const requests: SeenRequest[] = [];
  const faults: AnswerFault[] = [];

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen = await readSeen(request);
    requests.push(seen);
    const fault = faults.shift();
    if (fault !== undefined) return answerFault(fault, response);
    const { url, ...init } = translated(seen, options, standIn);
    const answer = await fetch(url, { method: seen.method, ...init, redirect: "manual" });
    const kept = ["content-type", "link", "x-next-page"].flatMap((name): [string, string][] => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    response.writeHead(answer.status, Object.fromEntries(kept)).end(await answer.text());
  };

  const server: Server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const closeServer = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    standIn,
    requests,
    faults,
    close: async () => {
      await closeServer();
      await standIn.close();
    },
  };
};
