import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import type { CallOutcome } from "../lambda-host/call";
import { authorizer } from "./authorize";
import type { HttpRoute } from "./http-api";
import { eventPutter } from "./put-event";
import { readHttpApis } from "./read-apis";
import { type ListedApi, listing, webhookApi } from "./testing";
import { tokenBucket } from "./throttle";

const ORIGIN = "http://127.0.0.1:4";
const listed = webhookApi("first", ORIGIN);
const read = (...apis: readonly ListedApi[]) => readHttpApis(listing(apis), ORIGIN);

const requestParameters = {
  Detail: "$request.body",
  DetailType: "GitLabJobEvent",
  Source: "gitlab.webhook",
  EventBusName: "gitlab-runners-infrastructure",
};
const route: HttpRoute = {
  routeKey: "POST /webhook",
  method: "POST",
  path: "/webhook",
  ratePerSecond: 500,
  burst: 1_000,
  authorizer: {
    id: "token",
    functionName: "authorize-CD34",
    identityHeader: "x-gitlab-token",
    isByAddress: true,
    ttlSeconds: 60,
  },
  integration: {
    kind: "put-events",
    roleArn: "arn:aws:iam::123456789012:role/WebhookIntegrationRole",
    requestParameters,
  },
};

describe("readHttpApis", () => {
  it("reads routes, authorizer, integrations and throttles as they are deployed", async () => {
    expect(await read(listed)).toEqual([
      {
        id: "first",
        basePath: "",
        routes: [
          route,
          {
            routeKey: "POST /signed-webhook",
            method: "POST",
            path: "/signed-webhook",
            ratePerSecond: 300,
            burst: 600,
            integration: { kind: "function", functionName: "receive-AB12" },
          },
        ],
      },
    ]);
  });

  it("takes an API's path from its endpoint, and none where that is another emulator's", async () => {
    const apis = await read(
      webhookApi("first", ORIGIN),
      webhookApi("second", `${ORIGIN}/second`),
      webhookApi("other", "http://other.execute-api.localhost:4566"),
    );
    expect(apis.map(({ basePath }) => basePath)).toEqual(["", "/second", ""]);
  });

  it("has no API before its stage, and none that is not for HTTP", async () => {
    const socket = { ...listed, api: { ...listed.api, protocolType: "WEBSOCKET" } };
    expect(await read({ ...listed, stages: [] })).toEqual([]);
    expect(await read(socket)).toEqual([]);
  });

  it("knows an authorizer's answers by the token alone, where the address is no identity source", async () => {
    const identitySource = ["$request.header.X-Gitlab-Token"];
    const [api] = await read({ ...listed, authorizers: [{ ...listed.authorizers[0], identitySource }] });
    expect(api?.routes[0]?.authorizer).toMatchObject({
      identityHeader: "x-gitlab-token",
      isByAddress: false,
    });
  });

  it("puts events by the parameters alone, where an emulator keeps neither subtype nor role", async () => {
    const [{ integrationSubtype: _, credentialsArn: __, ...put } = {}, call = {}] = listed.integrations;
    const [api] = await read({ ...listed, integrations: [put, call] });
    expect(api?.routes[0]?.integration).toEqual({ kind: "put-events", requestParameters });
  });

  const changed = <Part extends Exclude<keyof ListedApi, "api">>(part: Part, index: number, to: object) => ({
    ...listed,
    [part]: listed[part].map((one, at) => (at === index ? { ...one, ...to } : one)),
  });

  it.each([
    ["events from everybody", changed("routes", 0, { authorizationType: "NONE" }), /everybody/],
    ["another authorization", changed("routes", 0, { authorizationType: "JWT" }), /JWT/],
    ["an authorizer that is gone", changed("routes", 0, { authorizerId: "gone" }), /CUSTOM/],
    [
      "another integration",
      changed("integrations", 0, { integrationSubtype: "SQS-SendMessage" }),
      /neither calls a function/,
    ],
    [
      "another address",
      changed("integrations", 1, { integrationUri: "https://example.com" }),
      /neither calls/,
    ],
    ["another payload format", changed("integrations", 1, { payloadFormatVersion: "1.0" }), /than 2\.0/],
    ["no integration", changed("routes", 1, { target: "integrations/gone" }), /without an integration/],
    [
      "another identity source",
      changed("authorizers", 0, { identitySource: ["$request.querystring.t"] }),
      /identity source/,
    ],
    [
      "a second identity source of another kind",
      changed("authorizers", 0, { identitySource: ["$request.header.t", "$request.header.u"] }),
      /identity source/,
    ],
  ])("serves nothing of an API with %s, and says why", async (_, api, problem) => {
    expect(await read(api)).toEqual([
      { id: "first", basePath: "", routes: [], problem: expect.stringMatching(problem) },
    ]);
  });
});

describe("authorizer", () => {
  const byToken = { ...route.authorizer!, ttlSeconds: 30 };
  const answering = (...outcomes: CallOutcome[]) => {
    const events: unknown[] = [];
    let now = 1_000;
    const ask = authorizer(
      route,
      byToken,
      async (event) => {
        events.push(event);
        return outcomes[Math.min(events.length, outcomes.length) - 1]!;
      },
      () => now,
    );
    const request = (token?: string) =>
      ask({
        method: "POST",
        path: "/webhook",
        headers: token === undefined ? {} : { "x-gitlab-token": token },
      });
    return { events, request, pass: (ms: number) => (now += ms) };
  };
  const yes: CallOutcome = { result: { isAuthorized: true } };
  const no: CallOutcome = { result: { isAuthorized: false } };

  it.each([
    ["allowed", yes],
    ["denied", no],
    ["failed", { error: { errorType: "Error", errorMessage: "x" } } satisfies CallOutcome],
    ["failed", { result: { allowed: true } } satisfies CallOutcome],
    ["failed", { result: null } satisfies CallOutcome],
  ])("is %s by what the function answers", async (verdict, outcome) => {
    expect(await answering(outcome).request("t")).toBe(verdict);
  });

  it("T-1: refuses a request without the header, or with an empty one, uncalled", async () => {
    const { request, events } = answering(yes);
    expect([await request(), await request("")]).toEqual(["no-identity", "no-identity"]);
    expect(events).toEqual([]);
  });

  it("keeps an answer for the TTL under its token, a denial too, and a failure not at all", async () => {
    const { request, events, pass } = answering(no, { error: { errorType: "E", errorMessage: "" } }, yes);
    await request("a");
    await request("a");
    expect(events.length).toBe(1);
    await request("b");
    await request("b");
    expect(events.length).toBe(3);
    pass(30_001);
    expect(await request("a")).toBe("allowed");
    expect(events.length).toBe(4);
  });

  it("I-11: shows the function the head of a request and never its body", async () => {
    const { request, events } = answering(yes);
    await request("t");
    expect(events[0]).toMatchObject({
      version: "2.0",
      type: "REQUEST",
      identitySource: ["t", "127.0.0.1"],
      routeKey: "POST /webhook",
    });
    expect(events[0]).not.toHaveProperty("body");
  });
});

describe("eventPutter", () => {
  const bus = mockClient(EventBridgeClient);
  const put = eventPutter(new EventBridgeClient({ region: "eu-west-1" }), requestParameters);
  beforeEach(() => {
    bus.reset();
    bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: "e" }] });
  });

  it("puts the body as it came", async () => {
    const body = '{"object_kind":"build","a":1}';
    expect(await put(body)).toMatchObject({ status: 200, body: { FailedEntryCount: 0 } });
    expect(bus.commandCalls(PutEventsCommand)[0]?.args[0].input).toEqual({
      Entries: [
        {
          Detail: body,
          Source: "gitlab.webhook",
          DetailType: "GitLabJobEvent",
          EventBusName: "gitlab-runners-infrastructure",
        },
      ],
    });
  });

  it.each(["", "{", "[]", "1", "null", '"text"'])(
    "fails %j as an entry, with 200 and no call",
    async (body) => {
      expect(await put(body)).toMatchObject({ status: 200, body: { FailedEntryCount: 1 } });
      expect(bus.commandCalls(PutEventsCommand)).toHaveLength(0);
    },
  );

  it("refuses what is over EventBridge's limit", async () => {
    expect(await put(JSON.stringify({ m: "x".repeat(1_048_576) }))).toMatchObject({ status: 400 });
    expect(bus.commandCalls(PutEventsCommand)).toHaveLength(0);
  });
});

describe("tokenBucket", () => {
  it("lets a burst pass and then so many a second", () => {
    let now = 0;
    const mayPass = tokenBucket({ ratePerSecond: 10, burst: 3 }, () => now);
    expect([mayPass(), mayPass(), mayPass(), mayPass()]).toEqual([true, true, true, false]);
    now = 100;
    expect([mayPass(), mayPass()]).toEqual([true, false]);
    now = 100_000;
    expect([mayPass(), mayPass(), mayPass(), mayPass()]).toEqual([true, true, true, false]);
  });
});
