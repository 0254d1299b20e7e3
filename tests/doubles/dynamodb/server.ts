import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { DynamoTables } from "./tables";

/** A call as it arrived. */
export interface SeenCall {
  readonly request: IncomingMessage;
  readonly body: string;
}

export interface DynamoServer {
  readonly url: string;
  close(): Promise<void>;
}

const errorAnswer = (error: unknown): object => {
  const { name, message } = error instanceof Error ? error : { name: "InternalServerError", message: "" };
  const { CancellationReasons } = { CancellationReasons: undefined, ...(error as object) };
  return { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message, CancellationReasons };
};

/**
 * @param target the header `X-Amz-Target`
 * @returns status and body
 */
export const answerTables = (
  tables: DynamoTables,
  target: string,
  body: string,
): readonly [number, object] => {
  try {
    return [200, tables.run(target.replace(/^DynamoDB_20120810\./, ""), JSON.parse(body))];
  } catch (error) {
    return [400, errorAnswer(error)];
  }
};

/**
 * The tables on loopback, for programs with a client of their own.
 *
 * @param seen called with every call before it takes effect
 * @param other answers the calls of other services; undefined: it is one of the tables', null: no answer ever
 */
export const serveTables = async (
  tables: DynamoTables,
  seen: (call: SeenCall) => void = () => undefined,
  other: (target: string, body: string) => readonly [number, object] | undefined | null = () => undefined,
): Promise<DynamoServer> => {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      seen({ request, body });
      const target = String(request.headers["x-amz-target"]);
      const answered = other(target, body);
      if (answered === null) return;
      const [status, value] = answered ?? answerTables(tables, target, body);
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify(value));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
