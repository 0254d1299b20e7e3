import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * AWS and GitLab on loopback, for one call of each function: every read finds next to nothing, every write succeeds. A bootstrap
 * row alone is kept, for a MicroVM is launched with what is in it.
 * For measurements only: the answers say nothing about how AWS and GitLab behave.
 */

const JOB = {
  id: 12,
  name: "build",
  status: "pending",
  tag_list: ["bench"],
  created_at: "2026-11-25T12:00:00.000Z",
  started_at: null,
  finished_at: null,
  runner: null,
};

/** The names behind CONFIGURATION_PATH. */
const valuesAt = (url: string): Readonly<Record<string, string>> => ({
  Url: url,
  AccessToken: "glpat-bench",
  WebhookSecret: "bench",
  "microvm/2048": JSON.stringify({
    imageArn: "arn:aws:lambda:eu-west-1:123456789012:microvm-image:bench-2048",
    imageVersion: "1.0",
  }),
});

const parameters = (names: readonly string[], url: string) =>
  names.flatMap((Name) => {
    const Value = valuesAt(url)[Name.replace("/glr/", "")];
    return Value === undefined ? [] : [{ Name, Value }];
  });

interface TransactItem {
  readonly Put?: { readonly TableName: string; readonly Item: unknown };
}

let bootstrapRow: unknown;

const keepRow = (items: readonly TransactItem[]): void => {
  const written = items.find(({ Put }) => Put?.TableName === "bootstrap");
  bootstrapRow = written?.Put?.Item ?? bootstrapRow;
};

const awsJson = (target: string, body: string, url: string): unknown => {
  const asked = JSON.parse(body);
  if (target === "AmazonSSM.GetParameters") return { Parameters: parameters(asked.Names, url) };
  if (target.endsWith(".TransactWriteItems")) keepRow(asked.TransactItems);
  if (target.endsWith(".GetItem") && asked.TableName === "bootstrap") return { Item: bootstrapRow };
  if (target.endsWith(".Query")) return { Items: [], Count: 0, ScannedCount: 0 };
  return target === "AWSEvents.PutEvents" ? { FailedEntryCount: 0, Entries: [] } : {};
};

const CACHE_CREDENTIALS =
  "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIABENCH</AccessKeyId><SecretAccessKey>bench</SecretAccessKey><SessionToken>bench</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

const queryXml = (body: string): string => {
  const action = new URLSearchParams(body).get("Action") ?? "";
  if (action === "AssumeRole") return CACHE_CREDENTIALS;
  const instance =
    "<fleetInstanceSet><item><lifecycle>spot</lifecycle><instanceType>c7g.large</instanceType><instanceIds><item>i-0123456789abcdef0</item></instanceIds></item></fleetInstanceSet>";
  const inner = action === "CreateFleet" ? instance : "<reservationSet/>";
  return `<?xml version="1.0"?><${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>${inner}</${action}Response>`;
};

const rest = (method: string, path: string): { readonly status: number; readonly body: unknown } => {
  if (path.startsWith("/2017-03-31/tags/") || path.startsWith("/2017-03-31/tags"))
    return { status: 200, body: { Tags: { "glr:role": "runner", "glr:stack": "bench" } } };
  if (path.endsWith("/microvms"))
    return { status: 200, body: { microvmId: "microvm-bench", state: "PENDING" } };
  if (path.includes("/invocations")) return { status: 202, body: undefined };
  if (method === "POST" && path.endsWith("/user/runners"))
    return { status: 201, body: { id: 9001, token: "glrt-bench" } };
  if (/\/jobs\/\d+$/.test(path)) return { status: 200, body: JOB };
  if (method === "DELETE") return { status: 204, body: undefined };
  return { status: 200, body: path.startsWith("/api/v4/") ? [] : {} };
};

const answer = (request: IncomingMessage, body: string, url: string) => {
  const target = request.headers["x-amz-target"];
  if (typeof target === "string")
    return {
      status: 200,
      type: "application/x-amz-json-1.0",
      text: JSON.stringify(awsJson(target, body, url)),
    };
  if (body.includes("Action=")) return { status: 200, type: "text/xml", text: queryXml(body) };
  const { status, body: value } = rest(request.method ?? "", (request.url ?? "").split("?")[0] ?? "");
  return { status, type: "application/json", text: value === undefined ? "" : JSON.stringify(value) };
};

export interface AnsweringServices {
  readonly url: string;
  close(): void;
}

/** @param gitLabMilliseconds how long GitLab takes to answer; AWS answers at once */
export const answeringServices = async (gitLabMilliseconds: number): Promise<AnsweringServices> => {
  const server: Server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { status, type, text } = answer(request, body, url);
    if (request.url?.startsWith("/api/v4/")) await sleep(gitLabMilliseconds);
    response.writeHead(status, { "content-type": type }).end(text);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
