import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A row as DynamoDB writes it. */
export type StoredRow = Readonly<
  Record<string, { readonly S?: string; readonly N?: string; readonly BOOL?: boolean }>
>;

export interface RowTable {
  readonly endpoint: string;
  readonly rows: Map<string, StoredRow>;
  /** Whole request headers and bodies, in order. */
  readonly requests: { readonly headers: IncomingMessage["headers"]; readonly body: string }[];
  /** Signatures that were wrong. */
  readonly badSignatures: string[];
  close(): Promise<void>;
}

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

interface DeleteItem {
  readonly TableName: string;
  readonly Key: { readonly key: { readonly S: string } };
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues: { readonly ":now": { readonly N: string } };
  readonly ReturnValues: string;
}

/** The one request that a runner machine makes of DynamoDB, on loopback, with the signature checked. */
export const startRowTable = async (): Promise<RowTable> => {
  const rows = new Map<string, StoredRow>();
  const requests: RowTable["requests"] = [];
  const badSignatures: string[] = [];

  const answer = (body: string): readonly [number, unknown] => {
    const { Key, ExpressionAttributeValues } = JSON.parse(body) as DeleteItem;
    const row = rows.get(Key.key.S);
    const isLive = Number(row?.ttl?.N ?? 0) > Number(ExpressionAttributeValues[":now"].N);
    if (row === undefined || !isLive) {
      return [400, { __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException" }];
    }
    rows.delete(Key.key.S);
    return [200, { Attributes: row }];
  };

  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      requests.push({ headers: request.headers, body });
      const given = /Signature=(\w+)/.exec(request.headers.authorization ?? "")?.[1];
      if (given !== expectedSignature(request, body)) badSignatures.push(String(given));
      const [status, value] = answer(body);
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(value));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rows,
    requests,
    badSignatures,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
