import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Caller } from "../access/caller";
import { splitTarget } from "../signature/request";
import type { ReceivedRequest } from "../sigv4";

/** A call that was let through. */
export interface AdmittedCall {
  readonly request: ReceivedRequest;
  readonly caller: Caller;
  /** The name under which it is signed, e.g. `ec2`. */
  readonly service: string;
  readonly operation: string;
}

/** Answers calls that were let through. */
export type Upstream = (call: AdmittedCall, response: ServerResponse) => Promise<void>;

/** Headers of one connection, and those that are written anew. */
const LEFT_OUT = new Set([
  "authorization",
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-amz-security-token",
]);

const pairs = (rawHeaders: readonly string[]): readonly (readonly [string, string])[] =>
  rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] as const] : [],
  );

/** The engine reads the account from the access key, which there is its number. It looks at nothing else. */
export const engineCredential = (account: string, region: string, service: string): string =>
  `AWS4-HMAC-SHA256 Credential=${account}/20000101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;

const forwardedHeaders = (call: AdmittedCall, account: string, region: string): string[] => [
  ...pairs(call.request.rawHeaders)
    .filter(([name]) => !LEFT_OUT.has(name.toLowerCase()))
    .flat(),
  "Authorization",
  engineCredential(account, region, call.service),
  "Content-Length",
  String(call.request.body.length),
];

/** The signature in an address is of the laptop's credentials too, and in the engine's eyes might have expired. */
const withoutPresigning = ({ service, request }: AdmittedCall): string => {
  const { path, query } = splitTarget(request.target);
  if (service !== "s3" || !query.includes("X-Amz-Signature=")) return request.target;
  const rest = query.split("&").filter((pair) => !pair.startsWith("X-Amz-"));
  return rest.length === 0 ? path : `${path}?${rest.join("&")}`;
};

/** No page of a browser gets to read an answer. */
const answerHeaders = (answer: IncomingMessage): string[] =>
  pairs(answer.rawHeaders)
    .filter(([name]) => !/^(access-control-|connection$|keep-alive$|transfer-encoding$)/i.test(name))
    .flat();

export interface SocketUpstream {
  readonly upstream: Upstream;
  close(): void;
}

/** Hands calls on to an HTTP server on a unix socket, as they came but for the credentials. */
export const socketUpstream = (socketPath: string, account: string, region: string): SocketUpstream => {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const upstream: Upstream = (call, response) =>
    new Promise((resolve, reject) => {
      const { method, body } = call.request;
      const target = withoutPresigning(call);
      const headers = forwardedHeaders(call, account, region);
      const forwarded = httpRequest({ socketPath, agent, method, path: target, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answerHeaders(answer));
        answer.pipe(response);
        answer.once("error", reject);
        response.once("close", resolve);
      });
      forwarded.once("error", reject);
      forwarded.end(body);
    });
  return { upstream, close: () => agent.destroy() };
};
