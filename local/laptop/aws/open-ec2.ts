import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { foreign, headersOf, readBody } from "../../gateway";
import { isAnotherUser } from "../../process/same-user";
import type { Ec2Part } from "./aws";

/** Forwards a request as it came, but for its host. */
const forward = (
  endpoint: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void => {
  const { host: _host, ...headers } = request.headers;
  const target = new URL(request.url ?? "/", endpoint);
  const forwarded = httpRequest(target, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  forwarded.once("error", () => response.destroy()).end(body);
};

const isFromUs = async ({ socket, rawHeaders }: IncomingMessage): Promise<boolean> =>
  foreign(headersOf({ rawHeaders }), socket.localPort ?? 0) === undefined && !(await isAnotherUser(socket));

const serve = async (
  ec2: Ec2Part | undefined,
  endpoint: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (!(await isFromUs(request))) {
    response.writeHead(403).end();
    return;
  }
  const body = await readBody(request);
  const { search } = new URL(request.url ?? "/", "http://localhost");
  const form = request.method === "GET" ? search.slice(1) : body.toString("utf8");
  const action = new URLSearchParams(form).get("Action") ?? "";
  if (ec2?.answers(action)) await ec2.serve(action, form, response);
  else forward(endpoint, request, body, response);
};

/**
 * The simulated EC2 beside an emulator of the user's own, on a port: for tools of this user on this machine, but
 * without signatures and rights, which that emulator does not ask for either.
 */
export const startOpenEc2 = async (
  endpoint: string,
  ec2: () => Ec2Part | undefined,
): Promise<{ readonly endpoint: string; close(): Promise<void> }> => {
  const server = createServer((request, response) => {
    serve(ec2(), endpoint, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
