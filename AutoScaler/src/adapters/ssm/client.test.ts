import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { GetItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { GetParametersCommand } from "@aws-sdk/client-ssm";
import { dynamoDbClient } from "../dynamodb/client";
import { eventBridgeClient } from "../eventbridge/client";
import { lambdaClient } from "../lambda/client";
import { ssmClient } from "./client";

/** The clients as the functions have them, against a loopback AWS: attempts, time-outs, names of errors. */

interface Answer {
  readonly status?: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}
interface Seen {
  readonly line: string;
  readonly target: unknown;
  readonly scope: string | undefined;
  readonly token: unknown;
  readonly lambda: readonly unknown[];
  readonly body: string;
}

const seen: Seen[] = [];
const answers: Answer[] = [];

const recordOf = ({ method, url, headers }: IncomingMessage, body: string): Seen => ({
  line: `${method} ${url}`,
  target: headers["x-amz-target"],
  scope: /Credential=[^/]+\/\d+\/([^,]+)/.exec(headers.authorization ?? "")?.[1],
  token: headers["x-amz-security-token"],
  lambda: [headers["x-amz-invocation-type"], headers["x-amz-tenant-id"]],
  body,
});

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  seen.push(recordOf(request, body));
  const { status = 200, body: text, headers } = answers.shift() ?? { body: "{}" };
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1", ...headers }).end(text);
});

const environment = process.env;
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  process.env = {
    ...environment,
    AWS_REGION: "eu-west-1",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "example",
    AWS_SESSION_TOKEN: "session",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  };
});
afterAll(() => {
  process.env = environment;
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen.length = 0;
  answers.length = 0;
});

const FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:runner";
const item = { pk: { S: "job#1 🦊" }, n: { N: "3580121225" } };
const transaction = () =>
  dynamoDbClient().send(
    new TransactWriteItemsCommand({
      ClientRequestToken: "token-1",
      TransactItems: [{ Put: { TableName: "t", Item: item } }],
    }),
  );
const read = () => dynamoDbClient().send(new GetItemCommand({ TableName: "t", Key: { pk: { S: "a" } } }));
const parameters = () =>
  ssmClient().send(new GetParametersCommand({ Names: ["/glr/Url"], WithDecryption: true }));
const put = () => eventBridgeClient().send(new PutEventsCommand({ Entries: [] }));
const invoke = () =>
  lambdaClient().invoke({ FunctionName: FUNCTION, InvocationType: "Event", TenantId: "t" });

describe("the clients", () => {
  it.each([
    ["DynamoDB", read, "eu-west-1/dynamodb/aws4_request"],
    ["Parameter Store", parameters, "eu-west-1/ssm/aws4_request"],
    ["EventBridge", put, "eu-west-1/events/aws4_request"],
    ["Lambda", invoke, "eu-west-1/lambda/aws4_request"],
  ] as const)(
    "speak to %s with the environment's endpoint, region and credentials",
    async (_, call, scope) => {
      await call();
      expect(seen).toMatchObject([{ scope, token: "session" }]);
    },
  );

  it("invoke a function of a tenant and read its tags", async () => {
    answers.push(
      { status: 202, body: "", headers: { "x-amzn-requestid": "request-1" } },
      { body: '{"Tags":{"glr:role":"runner"}}' },
    );
    const lambda = lambdaClient();
    expect(await invoke()).toMatchObject({ StatusCode: 202, $metadata: { requestId: "request-1" } });
    expect(await lambda.listTags({ Resource: FUNCTION })).toMatchObject({ Tags: { "glr:role": "runner" } });
    expect(seen[0]?.lambda).toEqual(["Event", "t"]);
  });

  it("F-17: name a cancelled transaction's reasons", async () => {
    const reasons = [{ Code: "None" }, { Code: "ConditionalCheckFailed", Message: "failed" }];
    answers.push({
      status: 400,
      body: JSON.stringify({
        __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        Message: "cancelled",
        CancellationReasons: reasons,
      }),
    });
    await expect(transaction()).rejects.toMatchObject({
      name: "TransactionCanceledException",
      CancellationReasons: reasons,
    });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["AccessDeniedException", parameters],
    ["ValidationException", parameters],
    ["ResourceNotFoundException", read],
    ["InternalException", put],
    ["ResourceNotFoundException", invoke],
    ["TooManyRequestsException", invoke],
  ] as const)("name an error as AWS does, after one try: %s", async (name, call) => {
    answers.push({
      status: 400,
      body: JSON.stringify({ __type: name, message: "m" }),
      headers: { "x-amzn-errortype": name },
    });
    await expect(call()).rejects.toMatchObject({ name, $metadata: { attempts: 1 } });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["Parameter Store", 1, parameters],
    ["DynamoDB", 3, read],
    ["Lambda", 1, invoke],
  ] as const)("I-25: try a failing %s %d times", async (_, tries, call) => {
    answers.push(...Array<Answer>(5).fill({ status: 500, body: '{"__type":"InternalServerError"}' }));
    await expect(call()).rejects.toMatchObject({ $metadata: { attempts: tries } });
    expect(seen).toHaveLength(tries);
  });

  it("F-18: send one client request token with every try of a transaction", async () => {
    answers.push({ status: 500, body: '{"__type":"InternalServerError"}' }, { body: "{}" });
    await transaction();
    expect(seen.map(({ body }) => JSON.parse(body).ClientRequestToken)).toEqual(["token-1", "token-1"]);
  });

  it("wait seconds for an answer, where the SDK's own limit is none", async () => {
    const client = dynamoDbClient();
    await client.send(new GetItemCommand({ TableName: "t", Key: { pk: { S: "a" } } }));
    const handler = client.config.requestHandler as unknown as { httpHandlerConfigs(): object };
    expect(handler.httpHandlerConfigs()).toMatchObject({
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
    });
  });
});
