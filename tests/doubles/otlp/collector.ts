import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Ajv from "ajv";
import { METRICS_REQUEST } from "./request-schema";

/** A request as the collector took it. */
export interface TakenRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface CollectorDouble {
  /** The endpoint of all signals. */
  readonly endpoint: string;
  /** Requests that it accepted. */
  readonly taken: readonly TakenRequest[];
  /** Why it refused others. */
  readonly refused: readonly string[];
  /** What it does from now on; `takes` at first. */
  behaves(how: "takes" | "fails" | "hangs" | "redirects"): void;
  close(): Promise<void>;
}

const isRequest = new Ajv({ strict: false }).compile(METRICS_REQUEST);

/** Counts of a histogram's buckets are one more than its bounds, and add up to its count. */
const wrongHistograms = (text: string): readonly string[] =>
  [
    ...text.matchAll(/"count":"(\d+)"[^}]*?"explicitBounds":\[([^\]]*)\],"bucketCounts":\[([^\]]*)\]/g),
  ].flatMap(([, count, bounds = "", counts = ""]) => {
    const buckets = counts.split(",").map((bucket) => Number(JSON.parse(bucket)));
    const sum = buckets.reduce((total, bucket) => total + bucket, 0);
    const fits = buckets.length === bounds.split(",").length + 1 && sum === Number(count);
    return fits ? [] : [`${sum} in ${buckets.length} buckets`];
  });

const faultOf = (path: string | undefined, type: string | undefined, text: string): string | undefined => {
  if (path !== "/v1/metrics" || type !== "application/json") return `${path} ${type}`;
  if (!isRequest(JSON.parse(text))) return JSON.stringify(isRequest.errors);
  return wrongHistograms(text)[0];
};

/** An OTLP/HTTP collector on loopback that takes only what the protocol allows. */
export const collectorDouble = async (): Promise<CollectorDouble> => {
  const taken: TakenRequest[] = [];
  const refused: string[] = [];
  let behaviour: Parameters<CollectorDouble["behaves"]>[0] = "takes";
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    if (behaviour === "hangs") return;
    if (behaviour === "fails") return void response.writeHead(503).end("the token was glc_canary");
    if (behaviour === "redirects")
      return void response.writeHead(307, { location: "http://127.0.0.1:9/" }).end();
    const fault = faultOf(request.url, request.headers["content-type"], text);
    if (fault === undefined) taken.push({ headers: request.headers, body: JSON.parse(text) });
    else refused.push(fault);
    response
      .writeHead(fault === undefined ? 200 : 400, { "content-type": "application/json" })
      .end('{"partialSuccess":{}}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    refused,
    behaves: (how) => {
      behaviour = how;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
