import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Caller } from "../access/caller";
import { type HeaderMap, headersOf } from "../signature/request";
import { type AdmissionSettings, admission } from "./admission";
import { foreign } from "./origin";
import { BodyTooLargeError, readBody } from "./read-body";
import { type GatewayRefusal, refusalAnswer } from "./refusal";
import { RefusedError, toRefused } from "./refused-error";
import type { Upstream } from "./upstream";

export interface GatewaySettings extends AdmissionSettings {
  /** Who answers a call: a handler in this process, or what stands behind. */
  readonly upstreamOf: (service: string, operation: string) => Upstream;
  /** Whether another user of this machine is at the other end of a connection. */
  readonly isAnotherUser: (socket: Socket) => Promise<boolean>;
  /** Told of each refusal, without anything of the request's body. */
  readonly onRefused?: (
    refused: GatewayRefusal & { readonly caller?: Caller; readonly operation?: string },
  ) => void;
  readonly log: (message: string) => void;
  /** 0 for a free one. */
  readonly port: number;
}

export interface Gateway {
  readonly port: number;
  close(): Promise<void>;
}

/** The service that a request says it is signed for, whether it is or not. */
const statedService = (headers: HeaderMap, target = ""): string | undefined =>
  target.includes("X-Amz-Signature=")
    ? "s3"
    : /Credential=[^/,]+\/[^/,]+\/[^/,]+\/([a-z0-9-]+)\//.exec(headers.get("authorization")?.[0] ?? "")?.[1];

/** Asked once a connection: the answer cannot change. */
const oncePerSocket = (ask: GatewaySettings["isAnotherUser"]): GatewaySettings["isAnotherUser"] => {
  const known = new WeakMap<Socket, Promise<boolean>>();
  return (socket) => {
    const answer = known.get(socket) ?? ask(socket);
    known.set(socket, answer);
    return answer;
  };
};

/** Refuses who is not a tool of this user on this machine, before anything of a body is read. */
const doorkeeper = (settings: GatewaySettings) => {
  const isAnotherUser = oncePerSocket(settings.isAnotherUser);
  return async ({ socket }: IncomingMessage, headers: HeaderMap): Promise<void> => {
    const port = socket.localPort ?? 0;
    const why = (await isAnotherUser(socket)) ? "This is another user's process" : foreign(headers, port);
    if (why !== undefined) throw new RefusedError({ code: "AccessDenied", message: why });
  };
};

const answerRefusal = (
  settings: GatewaySettings,
  { refusal, known }: RefusedError,
  headers: HeaderMap,
  response: ServerResponse,
): void => {
  const { service = statedService(headers, response.req.url), ...rest } = known;
  settings.onRefused?.({ ...refusal, ...rest });
  const answer = refusalAnswer(refusal, service, headers.get("content-type")?.[0] ?? "");
  // Whatever of the body was not read yet goes with the connection.
  const connection = response.req.complete ? {} : { connection: "close" };
  response.writeHead(answer.status, { ...answer.headers, ...connection }).end(answer.body);
};

const service = (settings: GatewaySettings) => {
  const stop = doorkeeper(settings);
  const admit = admission(settings);
  return async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url: target = "", rawHeaders } = message;
    const headers = headersOf({ rawHeaders });
    try {
      await stop(message, headers);
      const call = await admit({ method, target, rawHeaders, body: await readBody(message) });
      await settings.upstreamOf(call.service, call.operation)(call, response);
    } catch (error) {
      const refused =
        error instanceof BodyTooLargeError
          ? new RefusedError({ code: "RequestEntityTooLarge", message: error.message })
          : toRefused(error);
      if (refused === undefined) throw error;
      answerRefusal(settings, refused, headers, response);
    }
  };
};

/** Whose a new connection is stands in a table of all of the machine's: reading that costs more than a call's signature. */
const KEEP_ALIVE_MS = 120_000;

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });

/**
 * The one way to everything that plays AWS on the laptop. A request gets through when it comes from a tool of
 * this user on this machine, is signed with credentials that the laptop gave out, and its caller may do what it
 * asks, by the policies that are deployed at that moment.
 */
export const startGateway = async (settings: GatewaySettings): Promise<Gateway> => {
  const serve = service(settings);
  const server = createServer((message, response) => {
    serve(message, response).catch((error: unknown) => {
      // Who is gone in the middle of its request has nothing to be told.
      if (!message.errored) settings.log(`Gateway: ${String(error)}`);
      response.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await listen(server, settings.port);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
