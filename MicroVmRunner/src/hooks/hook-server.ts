import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";
import type { HookStatus, Lifecycle } from "./lifecycle";

/** https://docs.aws.amazon.com/lambda/latest/dg/microvms-images.html */
export const HOOKS_PATH = "/aws/lambda-microvms/runtime/v1";

/** A payload of 4,096 bytes as JSON in JSON has room in it, however many of its characters are escaped. */
const MAX_BODY_BYTES = 32_768;

type Hook = (lifecycle: Lifecycle, message: IncomingMessage) => HookStatus | Promise<HookStatus>;

/** A body that says it is longer, or does not say how long it is, is not read. */
const bodyOf = async (message: IncomingMessage): Promise<string> => {
  const length = Number(message.headers["content-length"] ?? Number.NaN);
  return length <= MAX_BODY_BYTES ? text(message) : "";
};

const HOOKS: Readonly<Record<string, Hook>> = {
  [`${HOOKS_PATH}/ready`]: (lifecycle) => lifecycle.ready(),
  [`${HOOKS_PATH}/validate`]: (lifecycle) => lifecycle.validate(),
  [`${HOOKS_PATH}/run`]: async (lifecycle, message) => lifecycle.run(await bodyOf(message)),
  [`${HOOKS_PATH}/terminate`]: (lifecycle) => lifecycle.terminate(),
};

const hookOf = ({ method, url = "" }: IncomingMessage): Hook | undefined =>
  method === "POST" && Object.hasOwn(HOOKS, url) ? HOOKS[url] : undefined;

/**
 * Serves the hooks that Lambda calls. It calls from inside the VM, whose address it does not promise: so on all of them.
 *
 * @param listen a port, or the path of a socket
 */
export const startHookServer = (listen: number | string, lifecycle: Lifecycle): Promise<Server> => {
  const server = createServer(async (message, response) => {
    const hook = hookOf(message);
    const status =
      hook === undefined ? 404 : await Promise.resolve(hook(lifecycle, message)).catch(() => 500);
    response.writeHead(status, { "content-length": 0, connection: "close" }).end();
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(listen, () => resolve(server));
  });
};
