import { randomUUID } from "node:crypto";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Ec2Faults } from "../faults";
import type { Action } from "./actions";
import { Ec2Error } from "./errors";
import { parseForm, textAt } from "./query-form";
import { answerXml, errorXml } from "./xml";

export interface Ec2ServerDependencies {
  readonly actions: Readonly<Record<string, Action>>;
  readonly faults: Ec2Faults;
  readonly engineEndpoint: string;
  /** Called for each action that the simulator answers itself. */
  readonly onCall: (action: string) => void;
  readonly control: (body: unknown) => unknown;
  readonly log: (message: string) => void;
}

const BODY_LIMIT = 4 * 1024 * 1024;

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Ec2Error("RequestTooLarge", "The request is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const send = (response: ServerResponse, status: number, type: string, text: string): void => {
  response.writeHead(status, { "content-type": type });
  response.end(text);
};

/** Forwards a request to the engine unchanged. */
const forwardToEngine = (
  engineEndpoint: string,
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
): void => {
  const target = new URL(request.url ?? "/", engineEndpoint);
  const { host: _host, ...headers } = request.headers;
  const forwarded = httpRequest(target, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  forwarded.on("error", () =>
    send(response, 503, "text/xml", errorXml(randomUUID(), "Unavailable", "The engine does not answer")),
  );
  forwarded.end(body);
};

const toEc2Error = (error: unknown): Ec2Error => {
  if (error instanceof Ec2Error) return error;
  // The engine's errors (an unknown launch template) have EC2's codes as names.
  return error instanceof Error && /^[A-Z]\w+(\.\w+)?$/.test(error.name) && error.name !== "TypeError"
    ? new Ec2Error(error.name, error.message)
    : new Ec2Error("InternalError", String(error));
};

const runAction = async (
  dependencies: Ec2ServerDependencies,
  name: string,
  action: Action,
  body: string,
  response: ServerResponse,
) => {
  const requestId = randomUUID();
  dependencies.onCall(name);
  try {
    dependencies.faults.check(name);
    const value = await action(parseForm(body));
    if (dependencies.faults.isAnswerLost(name)) response.socket?.destroy();
    else send(response, 200, "text/xml", answerXml(name, requestId, value));
  } catch (error) {
    const { code, message, status } = toEc2Error(error);
    dependencies.log(`${name}: ${code}`);
    send(response, status, "text/xml", errorXml(requestId, code, message));
  }
};

const runControl = (dependencies: Ec2ServerDependencies, body: string, response: ServerResponse): void => {
  try {
    const answer = dependencies.control(body === "" ? {} : JSON.parse(body));
    send(response, 200, "application/json", JSON.stringify(answer));
  } catch (error) {
    send(response, 400, "application/json", JSON.stringify({ message: String(error) }));
  }
};

const serve = async (
  dependencies: Ec2ServerDependencies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const body = await readBody(request);
  if (request.url === "/_/ec2") return runControl(dependencies, body, response);
  const query =
    request.method === "GET" ? new URL(request.url ?? "/", "http://localhost").search.slice(1) : body;
  const name = textAt(parseForm(query), "Action") ?? "";
  const action = Object.hasOwn(dependencies.actions, name) ? dependencies.actions[name] : undefined;
  if (action === undefined) return forwardToEngine(dependencies.engineEndpoint, request, body, response);
  await runAction(dependencies, name, action, query, response);
};

/** Serves EC2's Query API on loopback. */
export const startServer = async (dependencies: Ec2ServerDependencies, port: number): Promise<Server> => {
  const server = createServer((request, response) => {
    serve(dependencies, request, response).catch((error: unknown) => {
      dependencies.log(`EC2 simulator: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return server;
};

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;
