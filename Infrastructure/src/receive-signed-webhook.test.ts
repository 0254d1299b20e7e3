import { createHmac } from "node:crypto";
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";

type Handler = typeof import("./receive-signed-webhook").handler;

const CURRENT = Buffer.alloc(32, 1);
const PREVIOUS = Buffer.alloc(32, 2);
const stored = (key: Buffer): string => `whsec_${key.toString("base64")}`;
const TOKEN = "canary-token-4Gh";
const NOW = Date.parse("2026-11-25T12:00:00Z");
const BODY = '{"object_kind":"build","build_id":12,"build_status":"pending","build_name":"Prüfung"}';

const store = mockClient(SSMClient);
const table = mockClient(DynamoDBClient);
const bus = mockClient(EventBridgeClient);

let parameters: Record<string, string>;
let rows: Map<string, number>;
let order: string[];
let printed: string[];
let environment: NodeJS.ProcessEnv;
let handler: Handler;

/** A fresh environment's handler, with an empty cache; the SDK is shared, so that its doubles count. */
const freshHandler = (): Handler => {
  let fresh: Handler | undefined;
  jest.isolateModules(() => {
    for (const name of ["@aws-sdk/client-ssm", "@aws-sdk/client-dynamodb", "@aws-sdk/client-eventbridge"])
      jest.doMock(name, () => SDK[name]);
    fresh = (require("./receive-signed-webhook") as { handler: Handler }).handler;
  });
  if (fresh === undefined) throw new Error("The module did not load");
  return fresh;
};
const SDK: Record<string, unknown> = {
  "@aws-sdk/client-ssm": { SSMClient, GetParametersCommand },
  "@aws-sdk/client-dynamodb": {
    ConditionalCheckFailedException,
    DynamoDBClient,
    GetItemCommand,
    PutItemCommand,
  },
  "@aws-sdk/client-eventbridge": { EventBridgeClient, PutEventsCommand },
};

beforeEach(() => {
  environment = process.env;
  process.env = {
    ...environment,
    AWS_REGION: "eu-west-1",
    CONFIGURATION_PATH: "/glr",
    DEPLOYMENT_ID: "runners-a",
    EVENT_BUS_NAME: "runners-a",
    WEBHOOK_ID_TABLE: "ids",
  };
  parameters = { "/glr/WebhookSigningKey": stored(CURRENT) };
  rows = new Map();
  order = [];
  printed = [];
  jest.spyOn(process.stdout, "write").mockImplementation((line) => {
    printed.push(String(line));
    return true;
  });
  jest.spyOn(Date, "now").mockReturnValue(NOW);
  for (const mock of [store, table, bus]) mock.reset();
  store.on(GetParametersCommand).callsFake(({ Names }: { Names: string[] }) => ({
    Parameters: Names.filter((name) => name in parameters).map((Name) => ({ Name, Value: parameters[Name] })),
  }));
  bus.on(PutEventsCommand).callsFake(() => {
    order.push("put");
    return { FailedEntryCount: 0, Entries: [{ EventId: "e" }] };
  });
  table.on(GetItemCommand).callsFake(({ Key }: { Key: { id: { S: string } } }) => {
    const ttl = rows.get(Key.id.S);
    return ttl === undefined ? {} : { Item: { ttl: { N: String(ttl) } } };
  });
  table.on(PutItemCommand).callsFake(({ Item }: { Item: { id: { S: string }; ttl: { N: string } } }) => {
    order.push("remember");
    if ((rows.get(Item.id.S) ?? 0) > Date.now() / 1_000)
      throw new ConditionalCheckFailedException({ $metadata: {}, message: "" });
    rows.set(Item.id.S, Number(Item.ttl.N));
    return {};
  });
  handler = freshHandler();
});
afterEach(() => {
  process.env = environment;
  jest.restoreAllMocks();
});

interface Wish {
  readonly id?: string;
  readonly key?: Buffer;
  readonly body?: Buffer | string;
  readonly seconds?: number;
  readonly token?: string;
  readonly isBase64Encoded?: boolean;
}

/** A request as GitLab signs it and an HTTP API hands it on. */
const request = ({
  id = "id-1",
  key = CURRENT,
  body = BODY,
  seconds = 0,
  token,
  isBase64Encoded,
}: Wish = {}) => {
  const bytes = Buffer.from(body);
  const timestamp = String(Math.floor(NOW / 1_000) + seconds);
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(bytes).digest("base64");
  const headers: Record<string, string> = {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
    ...(token === undefined ? {} : { "x-gitlab-token": token }),
  };
  return {
    version: "2.0",
    headers,
    body: bytes.toString(isBase64Encoded ? "base64" : "utf8"),
    isBase64Encoded: isBase64Encoded === true,
  };
};
const statusOf = async (event: unknown): Promise<number> => (await handler(event)).statusCode;
const puts = () => bus.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries?.[0]);
const refusals = (reason: string): number =>
  printed.filter(
    (line) => line.includes('"SignedWebhooksRefused":1') && line.includes(`"Reason":"${reason}"`),
  ).length;

describe("receive-signed-webhook", () => {
  const from = (sourceIp: string) => ({ ...request(), requestContext: { http: { sourceIp } } });

  it("T-20: where addresses are listed, takes what is signed from one of them alone", async () => {
    parameters["/glr/AllowedSourceAddresses"] = "34.74.90.64/28";
    expect(await handler(from("203.0.113.9"))).toMatchObject({ statusCode: 403 });
    expect(refusals("wrong-address")).toBe(1);
    expect(order).toEqual([]);
    expect(await handler(from("34.74.90.65"))).toMatchObject({ statusCode: 200 });
  });

  it("I-10: takes nothing, and says why, where the list of addresses cannot be read", async () => {
    parameters["/glr/AllowedSourceAddresses"] = "everybody";
    expect(await handler(from("34.74.90.65"))).toMatchObject({ statusCode: 403 });
    expect(printed.join("")).toContain("everybody");
  });

  it("T-2: puts a signed event on the bus as the API's integration does, and remembers its id after", async () => {
    expect(await handler(request())).toEqual({
      statusCode: 200,
      headers: { "content-type": "application/json" },
      body: '{"message":"OK"}',
    });
    expect(puts()).toEqual([
      { EventBusName: "runners-a", Source: "gitlab.webhook", DetailType: "GitLabJobEvent", Detail: BODY },
    ]);
    expect(order).toEqual(["put", "remember"]);
    expect(printed.join("")).not.toContain("WEBHOOK_PUT_TWICE");
    // A signature is taken for five minutes before and after its time.
    expect(rows.get("id-1")).toBeGreaterThanOrEqual(NOW / 1_000 + 600);
  });

  it("T-2: verifies the bytes of a body that comes in base64", async () => {
    expect(await statusOf(request({ isBase64Encoded: true }))).toBe(200);
    expect(puts()[0]?.Detail).toBe(BODY);
  });

  it("T-2: answers a repeated id with 200 and puts nothing", async () => {
    await handler(request());
    expect(await statusOf(request())).toBe(200);
    expect(await statusOf(request({ seconds: 20 }))).toBe(200);
    expect(puts()).toHaveLength(1);
    expect(printed.filter((line) => line.includes('"WEBHOOK_RECEIVED"'))).toHaveLength(3);
  });

  it("puts a resend whose first delivery failed, and one whose row has expired", async () => {
    bus
      .on(PutEventsCommand)
      .resolvesOnce({ FailedEntryCount: 1, Entries: [{ ErrorCode: "InternalFailure" }] })
      .resolves({ FailedEntryCount: 0 });
    expect(await statusOf(request())).toBe(500);
    expect(rows.size).toBe(0);
    expect(await statusOf(request())).toBe(200);
    expect(rows.size).toBe(1);
    rows.set("id-1", NOW / 1_000);
    expect(await statusOf(request())).toBe(200);
    expect(rows.get("id-1")).toBeGreaterThan(NOW / 1_000);
  });

  it("of two deliveries at once both are answered 200", async () => {
    const answers = await Promise.all([statusOf(request()), statusOf(request())]);
    expect(answers).toEqual([200, 200]);
    expect(printed.filter((line) => line.includes("WEBHOOK_PUT_TWICE"))).toHaveLength(1);
  });

  it.each([
    ["unsigned", 401, { ...request(), headers: {} }],
    ["unsigned", 401, { ...request(), headers: { "x-gitlab-token": TOKEN } }],
    ["unsigned", 401, undefined],
    ["unsigned", 401, null],
    ["unsigned", 401, "x"],
    ["unsigned", 401, { headers: [] }],
    ["untimely", 403, request({ seconds: -301 })],
    ["untimely", 403, request({ seconds: 301 })],
    ["wrong-signature", 403, { ...request(), body: `${BODY} ` }],
    ["wrong-signature", 403, { ...request(), body: undefined }],
    ["wrong-signature", 403, { ...request(), isBase64Encoded: true }],
    ["wrong-signature", 403, request({ key: PREVIOUS })],
  ])("T-1 I-9: refuses what is %s with %i, and counts it", async (reason, status, event) => {
    expect(await statusOf(event)).toBe(status);
    expect(refusals(reason)).toBe(1);
    expect([puts(), rows.size]).toEqual([[], 0]);
  });

  it("I-9: reads nothing for a request that is unsigned or untimely", async () => {
    for (const event of [{}, request({ seconds: -301 })]) await handler(event);
    expect([...store.calls(), ...table.calls(), ...bus.calls()]).toEqual([]);
  });

  it("I-9: reads the keys every five seconds at most, however many requests are wrong", async () => {
    for (let second = 0; second < 20; second += 1) {
      jest.spyOn(Date, "now").mockReturnValue(NOW + second * 1_000);
      for (let count = 0; count < 10; count += 1) await handler(request({ key: PREVIOUS }));
    }
    expect(store.calls()).toHaveLength(4);
    expect(table.calls()).toEqual([]);
  });

  it("I-11: takes both keys during a rotation, and a new one without waiting for the cache", async () => {
    expect(await statusOf(request({ id: "a" }))).toBe(200);
    const next = Buffer.alloc(32, 3);
    parameters = {
      "/glr/WebhookSigningKey": `${stored(next)}\n`,
      "/glr/WebhookSigningKeyPrevious": stored(CURRENT),
    };
    jest.spyOn(Date, "now").mockReturnValue(NOW + 6_000);
    expect(await statusOf(request({ id: "b", key: next }))).toBe(200);
    expect(await statusOf(request({ id: "c", key: CURRENT }))).toBe(200);
    parameters = { "/glr/WebhookSigningKey": stored(next) };
    jest.spyOn(Date, "now").mockReturnValue(NOW + 66_000);
    expect(await statusOf(request({ id: "d", key: CURRENT }))).toBe(403);
  });

  it("I-10: refuses everybody while no key is stored, or one that is none, and names the parameter", async () => {
    parameters = {};
    expect(await statusOf(request())).toBe(403);
    parameters = { "/glr/WebhookSigningKey": "whsec_short", "/glr/WebhookSigningKeyPrevious": "" };
    handler = freshHandler();
    expect(await statusOf(request({ key: Buffer.alloc(0) }))).toBe(403);
    expect(printed.join("")).toContain("WEBHOOK_SIGNING_KEY_MISSING");
    expect(printed.join("")).toContain('"parameter":"/glr/WebhookSigningKey"');
  });

  it.each([
    ["is right", TOKEN, { "/glr/WebhookSecret": TOKEN }, 200],
    ["is the one before", TOKEN, { "/glr/WebhookSecret": "x", "/glr/WebhookSecretPrevious": TOKEN }, 200],
    ["is wrong", "canary-other", { "/glr/WebhookSecret": TOKEN }, 403],
    ["is empty", "", { "/glr/WebhookSecret": TOKEN }, 403],
    ["is not sent", undefined, { "/glr/WebhookSecret": TOKEN }, 200],
    ["is sent where none is stored", TOKEN, {}, 200],
  ])("T-1: with a right signature, and a token that %s", async (_, token, secrets, status) => {
    Object.assign(parameters, secrets);
    expect(await statusOf(request(token === undefined ? {} : { token }))).toBe(status);
    expect(puts()).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each([
    "",
    "{",
    "[]",
    "1",
    "null",
    '"text"',
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    JSON.stringify({ message: "x".repeat(1_048_576) }),
  ])("I-12 F-68: a rightly signed body that is no event is answered 200 and inert (%#)", async (body) => {
    expect(await statusOf(request({ body, isBase64Encoded: true }))).toBe(200);
    expect([puts(), rows.size, printed.filter((line) => line.includes("ERROR"))]).toEqual([[], 0, []]);
  });

  it("I-12: so is one that EventBridge finds malformed", async () => {
    bus.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: "MalformedDetail" }] });
    expect(await statusOf(request())).toBe(200);
    expect(rows.size).toBe(0);
  });

  it("F-9: answers 500 while Parameter Store fails, and never a refusal by keys that it cannot renew", async () => {
    expect(await statusOf(request({ id: "a" }))).toBe(200);
    store.on(GetParametersCommand).rejects(new Error(stored(CURRENT)));
    jest.spyOn(Date, "now").mockReturnValue(NOW + 61_000);
    expect(await statusOf(request({ id: "b" }))).toBe(200);
    jest.spyOn(Date, "now").mockReturnValue(NOW + 70_000);
    expect(await statusOf(request({ id: "c", key: PREVIOUS }))).toBe(500);
    handler = freshHandler();
    expect(await statusOf(request({ id: "d" }))).toBe(500);
    expect(printed.join("")).toContain("WEBHOOK_SIGNING_KEY_UNREAD");
    expect(puts()).toHaveLength(2);
  });

  it("F-8: answers 500 when the bus throws, and does not remember the id", async () => {
    bus.on(PutEventsCommand).rejects(new Error("down"));
    expect(await statusOf(request())).toBe(500);
    expect(rows.size).toBe(0);
    expect(printed.join("")).toContain("WEBHOOK_NOT_PUT");
  });

  it("goes on without the table of ids: an event that comes twice starts nothing twice", async () => {
    table.on(GetItemCommand).rejects(new Error("down"));
    table.on(PutItemCommand).rejects(new Error("down"));
    expect(await statusOf(request())).toBe(200);
    expect(puts()).toHaveLength(1);
    for (const code of ["WEBHOOK_ID_UNREAD", "WEBHOOK_ID_NOT_KEPT"]) expect(printed.join("")).toContain(code);
  });

  it("T-4 I-13: prints neither key, token, signature nor body", async () => {
    parameters["/glr/WebhookSecret"] = TOKEN;
    const event = request({ token: TOKEN });
    for (const one of [event, request({ token: "canary-other" }), request({ key: PREVIOUS }), {}])
      await handler(one);
    const text = printed.join("");
    for (const secret of [stored(CURRENT), event.headers["webhook-signature"] ?? "", "canary", "Prüfung"])
      expect(text).not.toContain(secret);
    expect(printed.length).toBeGreaterThan(3);
  });
});
