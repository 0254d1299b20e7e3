import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { TransientError } from "../errors";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Whole address, http or https. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds until the answer is complete. */
  readonly timeoutMilliseconds: number;
}

/** Sends requests over shared connections. */
export type HttpExchange = (request: HttpRequest) => Promise<HttpAnswer>;

export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

/** Larger than a page of a hundred jobs with long commit messages. */
const LONGEST_ANSWER_BYTES = 20 * 1024 * 1024;

const exchange = (request: HttpRequest, agent: HttpAgent, onSent: () => void): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const { method, url, headers, body, timeoutMilliseconds } = request;
    const what = `${method} ${new URL(url).origin}${new URL(url).pathname}`;
    const fail = (cause: Partial<NodeJS.ErrnoException>): void => {
      clearTimeout(timer);
      const reason = cause.code ?? cause.message;
      reject(new TransientError(`${what} failed: ${reason}`, { cause }));
      outgoing.destroy();
    };
    const send = url.startsWith("https:") ? httpsRequest : httpRequest;
    const outgoing = send(url, { method, headers: { ...headers }, agent }, (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > LONGEST_ANSWER_BYTES) fail(new Error("the answer is too long"));
      });
      incoming.on("error", fail);
      incoming.on("end", () => {
        clearTimeout(timer);
        resolve({
          status: incoming.statusCode ?? 0,
          header: (name) => [incoming.headers[name.toLowerCase()]].flat()[0],
          body: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    const timer = setTimeout(
      () => fail(new Error(`no answer in ${timeoutMilliseconds} ms`)),
      timeoutMilliseconds,
    );
    outgoing.on("error", fail);
    outgoing.on("finish", onSent);
    outgoing.end(body);
  });

/** Node's list of the well-known ones is made when it is first asked for: that takes longer than a function's own code. */
const trustOf = async (caCertificate: string | undefined) =>
  caCertificate === undefined ? {} : { ca: [...(await import("node:tls")).rootCertificates, caCertificate] };

/** Milliseconds for which an unused connection is kept. */
const IDLE_MILLISECONDS = 4_000;

/**
 * HTTP with Node's own client. It follows no redirect, and the AWS SDK has already loaded it; the global
 * fetch adds about 40 ms to a cold start. Make one for each invocation: a connection kept while the
 * environment was frozen is often dead.
 *
 * @param onSent called whenever a request has been sent completely
 * @param caCertificate PEM of a certificate authority that is trusted besides the well-known ones
 * @throws TransientError on a broken connection, a time-out or an endless answer; never with a header in it
 */
export const httpExchange = (onSent: () => void = () => undefined, caCertificate?: string): HttpExchange => {
  const agents = new Map<string, Promise<HttpAgent>>();
  const options = { keepAlive: true, timeout: IDLE_MILLISECONDS };
  const agentOf = async (protocol: string): Promise<HttpAgent> =>
    protocol === "https:"
      ? new HttpsAgent({ ...options, ...(await trustOf(caCertificate)) })
      : new HttpAgent(options);
  return async (request) => {
    const { protocol } = new URL(request.url);
    const agent = agents.get(protocol) ?? agentOf(protocol);
    agents.set(protocol, agent);
    return exchange(request, await agent, onSent);
  };
};
