import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import {
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  LambdaClient,
  InvokeCommand as SdkInvokeCommand,
  ListTagsCommand as SdkListTagsCommand,
} from "@aws-sdk/client-lambda";
import { GetParametersCommand as SdkGetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { dynamoDbClient, eventBridgeClient, lambdaClient, ssmClient } from "./clients";
import { InvokeCommand, ListTagsCommand } from "./lambda-commands";
import { GetParametersCommand } from "./ssm-get-parameters";

/**
 * The slim clients against the SDK's own: the same commands must leave the same bytes on the wire, and the same
 * answers must come back.
 */

interface Answer {
  readonly status?: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}
interface Seen {
  readonly line: string;
  readonly target: unknown;
  readonly type: unknown;
  readonly scope: string | undefined;
  readonly token: unknown;
  readonly lambda: readonly unknown[];
  readonly body: string;
}

const seen: Seen[] = [];
const answers: (Answer | "silent")[] = [];

const note = ({ method, url, headers }: IncomingMessage, body: string): Seen => ({
  line: `${method} ${url}`,
  target: headers["x-amz-target"],
  type: headers["content-type"],
  scope: /Credential=[^/]+\/\d+\/([^,]+)/.exec(headers.authorization ?? "")?.[1],
  token: headers["x-amz-security-token"],
  lambda: [headers["x-amz-invocation-type"], headers["x-amz-tenant-id"]],
  body,
});

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  seen.push(note(request, body));
  const answer = answers.shift() ?? { body: "{}" };
  if (answer === "silent") return;
  const { status = 200, body: text, headers } = answer;
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

interface Sender {
  send(command: never): Promise<object>;
}
type Pair = readonly [name: string, ours: () => Sender, theirs: () => Sender];

const DYNAMODB: Pair = ["DynamoDB", dynamoDbClient, () => new DynamoDBClient({ maxAttempts: 3 })];
const EVENTS: Pair = ["EventBridge", eventBridgeClient, () => new EventBridgeClient({ maxAttempts: 3 })];
const LAMBDA: Pair = ["Lambda", lambdaClient, () => new LambdaClient({ maxAttempts: 1 })];
const SSM: Pair = ["SSM", ssmClient, () => new SSMClient({ maxAttempts: 3 })];

const item = {
  pk: { S: "job#1 🦊" },
  n: { N: "3580121225" },
  m: { M: { l: { L: [{ BOOL: true }, { NULL: true }] } } },
};
const names = { Names: ["/glr/Url", "/glr/AccessToken"], WithDecryption: true };
const FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:runner";
const invocation = {
  FunctionName: FUNCTION,
  InvocationType: "Event" as const,
  TenantId: "job-1-1",
  Payload: new TextEncoder().encode('{"bootstrapKey":"ab","runnerId":1}'),
};

const CALLS: readonly { pair: Pair; name: string; ours: object; theirs: object; answer: Answer }[] = [
  ...[
    {
      pair: DYNAMODB,
      command: new GetItemCommand({ TableName: "t", Key: { pk: { S: "a" } }, ConsistentRead: true }),
      answer: { body: JSON.stringify({ Item: item }) },
    },
    {
      pair: DYNAMODB,
      command: new QueryCommand({
        TableName: "t",
        KeyConditionExpression: "pk = :a",
        ExclusiveStartKey: item,
      }),
      answer: { body: JSON.stringify({ Items: [item], Count: 1, LastEvaluatedKey: item }) },
    },
    {
      pair: DYNAMODB,
      command: new TransactWriteItemsCommand({
        ClientRequestToken: "token-1",
        TransactItems: [{ Put: { TableName: "t", Item: item } }],
      }),
      answer: { body: "{}" },
    },
    {
      pair: EVENTS,
      command: new PutEventsCommand({
        Entries: [{ Source: "gitlab.reconciler", DetailType: "x", Detail: '{"a":"🦊"}', EventBusName: "b" }],
      }),
      answer: { body: '{"FailedEntryCount":1,"Entries":[{"ErrorCode":"ThrottlingException"}]}' },
    },
  ].map(({ command, ...rest }) => ({
    ...rest,
    name: command.constructor.name,
    ours: command,
    theirs: command,
  })),
  {
    pair: LAMBDA,
    name: "InvokeCommand",
    ours: new InvokeCommand(invocation),
    theirs: new SdkInvokeCommand(invocation),
    answer: { status: 202, body: "", headers: { "x-amzn-requestid": "request-1" } },
  },
  {
    pair: LAMBDA,
    name: "ListTagsCommand",
    ours: new ListTagsCommand({ Resource: FUNCTION }),
    theirs: new SdkListTagsCommand({ Resource: FUNCTION }),
    answer: { body: '{"Tags":{"glr:role":"runner","k":""}}' },
  },
  {
    pair: SSM,
    name: "GetParametersCommand",
    ours: new GetParametersCommand(names),
    theirs: new SdkGetParametersCommand(names),
    answer: {
      body: '{"Parameters":[{"Name":"/glr/Url","Type":"String","Value":"https://x","Version":3}],"InvalidParameters":["/glr/AccessToken"]}',
    },
  },
];

const withoutMetadata = ({ $metadata: _, ...rest }: { $metadata?: unknown }): object => rest;

describe("the slim clients", () => {
  it.each(CALLS)("send what the SDK's own clients send, and read what those read: $name", async (call) => {
    const [, ours, theirs] = call.pair;
    answers.push(call.answer, call.answer);
    const one = await ours().send(call.ours as never);
    const other = await theirs().send(call.theirs as never);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toMatchObject({ token: "session", scope: expect.stringMatching(/^eu-west-1\//) });
    expect(withoutMetadata(one)).toEqual(withoutMetadata(other));
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
    const command = new TransactWriteItemsCommand({
      TransactItems: [{ Put: { TableName: "t", Item: item } }],
    });
    await expect(dynamoDbClient().send(command)).rejects.toMatchObject({
      name: "TransactionCanceledException",
      CancellationReasons: reasons,
    });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["AccessDeniedException", SSM, new GetParametersCommand(names)],
    ["ValidationException", SSM, new GetParametersCommand(names)],
    ["ResourceNotFoundException", DYNAMODB, new GetItemCommand({ TableName: "t", Key: {} })],
    ["InternalException", EVENTS, new PutEventsCommand({ Entries: [] })],
    ["ResourceNotFoundException", LAMBDA, new InvokeCommand({ FunctionName: FUNCTION })],
    ["TooManyRequestsException", LAMBDA, new InvokeCommand({ FunctionName: FUNCTION })],
  ] as const)("name an error as AWS does, after one try: %s", async (name, [, ours], command) => {
    answers.push({
      status: 400,
      body: JSON.stringify({ __type: name, message: "m" }),
      headers: { "x-amzn-errortype": name },
    });
    await expect(ours().send(command as never)).rejects.toMatchObject({ name, $metadata: { attempts: 1 } });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["Parameter Store", 3, SSM, new GetParametersCommand(names)],
    ["DynamoDB", 3, DYNAMODB, new GetItemCommand({ TableName: "t", Key: {} })],
    ["Lambda", 1, LAMBDA, new InvokeCommand({ FunctionName: FUNCTION, InvocationType: "Event" })],
  ] as const)("I-25: try a failing %s %d times", async (_, tries, [, ours], command) => {
    answers.push(...Array<Answer>(5).fill({ status: 500, body: '{"__type":"InternalServerError"}' }));
    await expect(ours().send(command as never)).rejects.toMatchObject({ $metadata: { attempts: tries } });
    expect(seen).toHaveLength(tries);
  });

  it("F-18: send one client request token with every try of a transaction", async () => {
    answers.push({ status: 500, body: '{"__type":"InternalServerError"}' }, { body: "{}" });
    await dynamoDbClient().send(
      new TransactWriteItemsCommand({ TransactItems: [], ClientRequestToken: "token-1" }),
    );
    expect(seen.map(({ body }) => JSON.parse(body).ClientRequestToken)).toEqual(["token-1", "token-1"]);
  });

  it("find a service of the region where no endpoint is set", async () => {
    const { AWS_ENDPOINT_URL: _, ...bare } = process.env;
    process.env = bare;
    const client = ssmClient() as unknown as {
      middlewareStack: { add(middleware: unknown, options: object): void };
    };
    let host = "";
    client.middlewareStack.add(
      () => async (args: { request: { hostname: string } }) => {
        host = args.request.hostname;
        return { output: { $metadata: {} }, response: {} };
      },
      { step: "finalizeRequest", priority: "low" },
    );
    await (client as unknown as Sender).send(new GetParametersCommand(names) as never);
    expect(host).toBe("ssm.eu-west-1.amazonaws.com");
  });
});
