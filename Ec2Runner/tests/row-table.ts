import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Item } from "../../Core/ledger/table-reads";
import { type SeenCall, serveTables } from "../../tests/doubles/dynamodb/server";
import { BOOTSTRAP_TABLE, STACK_TABLES } from "../../tests/doubles/dynamodb/stack-tables";
import { DynamoTables } from "../../tests/doubles/dynamodb/tables";

/** A row as DynamoDB writes it, or as it never would: the machine has to bear both. */
export type StoredRow = Readonly<
  Record<
    string,
    { readonly S?: string; readonly N?: string; readonly BOOL?: boolean; readonly M?: StoredRow }
  >
>;

export interface RowTable {
  readonly endpoint: string;
  put(row: StoredRow): void;
  readonly rows: ReadonlyMap<string, Item>;
  /** Whole request headers and bodies, in order. */
  readonly requests: { readonly headers: IncomingMessage["headers"]; readonly body: string }[];
  /** The messages that came to CloudWatch Logs, by stream. */
  readonly streams: ReadonlyMap<string, readonly string[]>;
  /** How CloudWatch Logs answers. */
  logs: "takes" | "refuses" | "is silent";
  /** Signatures that were wrong. */
  readonly badSignatures: string[];
  close(): Promise<void>;
}

interface LogCall {
  readonly logStreamName: string;
  readonly logEvents?: readonly { readonly timestamp: number; readonly message: string }[];
}

/** CloudWatch Logs, as far as a machine calls it: a stream has to be made first, and no message may be empty. */
const takeLines = (
  streams: Map<string, string[]>,
  target: string,
  body: string,
): readonly [number, object] => {
  const { logStreamName, logEvents = [] } = JSON.parse(body) as LogCall;
  if (target.endsWith("CreateLogStream")) {
    streams.set(logStreamName, []);
    return [200, {}];
  }
  const stream = streams.get(logStreamName);
  const isOdd = logEvents.some(({ timestamp, message }) => message === "" || !(timestamp > 1.7e12));
  if (stream === undefined || isOdd || logEvents.length === 0) return [400, {}];
  stream.push(...logEvents.map(({ message }) => message));
  return [200, {}];
};

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

const SECRET = "laptop";

/** Signature Version 4, computed anew from what arrived. */
const expectedSignature = ({ headers, url, method }: IncomingMessage, body: string): string => {
  const authorization = headers.authorization ?? "";
  const scope = /Credential=[^/]+\/([^,]+)/.exec(authorization)?.[1] ?? "";
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? "";
  const lines = signed.split(";").map((name) => `${name}:${String(headers[name] ?? "").trim()}\n`);
  const canonical = [method, url, "", lines.join(""), signed, sha256(body)].join("\n");
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>((from, part) => hmac(from, part), `AWS4${SECRET}`);
  return hmac(key, text).toString("hex");
};

/** The bootstrap table on loopback, with the signature of every request checked. */
export const startRowTable = async (): Promise<RowTable> => {
  const tables = new DynamoTables(STACK_TABLES);
  const rows = tables.items(BOOTSTRAP_TABLE);
  const requests: RowTable["requests"] = [];
  const badSignatures: string[] = [];
  const streams = new Map<string, string[]>();
  const state = { logs: "takes" as RowTable["logs"] };
  const answerLogs = (target: string, body: string): readonly [number, object] | undefined | null => {
    if (!target.startsWith("Logs_20140328.")) return undefined;
    if (state.logs === "is silent") return null;
    return state.logs === "refuses" ? [400, {}] : takeLines(streams, target, body);
  };
  const seen = ({ request, body }: SeenCall): void => {
    requests.push({ headers: request.headers, body });
    const given = /Signature=(\w+)/.exec(request.headers.authorization ?? "")?.[1];
    if (given !== expectedSignature(request, body)) badSignatures.push(String(given));
  };
  const server = await serveTables(tables, seen, answerLogs);
  return Object.assign(state, {
    endpoint: server.url,
    put: (row: StoredRow) => rows.set(JSON.stringify([row.key?.S]), row as Item),
    rows,
    requests,
    badSignatures,
    close: server.close,
    streams,
  });
};
