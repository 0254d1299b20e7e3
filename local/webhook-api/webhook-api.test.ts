import { join } from "node:path";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { type ParsedTemplate, readTemplate } from "../engine/template-file";
import type { CallOutcome } from "../lambda-host/call";
import { readWebhookApi, resolver, type WebhookApiShape } from "./api-shape";
import { authorizer } from "./authorize";
import { eventPutter } from "./put-event";
import { tokenBucket } from "./throttle";

const shipped = readTemplate(join(__dirname, "../../Infrastructure/template.yaml"));
const ids = { EventBus: "gitlab-runners-infrastructure" };
const api = readWebhookApi(shipped, resolver(shipped, ids));

describe("readWebhookApi", () => {
  it("reads the shipped template's route, authorizer, integration and throttle", () => {
    expect(api).toMatchObject({
      method: "POST",
      path: "/webhook",
      identityHeader: "x-gitlab-token",
      authorizerFunctionId: "AuthorizeWebhookFunction",
      requestParameters: {
        Detail: "$request.body",
        Source: "gitlab.webhook",
        DetailType: "GitLabJobEvent",
        EventBusName: "gitlab-runners-infrastructure",
      },
    });
    // I-11: a secret that was taken away is refused after a minute.
    expect(api.authorizerTtlSeconds).toBeLessThanOrEqual(60);
    // The webhooks of a pipeline with 500 jobs.
    expect(api.burst).toBeGreaterThanOrEqual(1_000);
  });

  const withProperties = (id: string, properties: object): ParsedTemplate => ({
    ...shipped,
    Resources: {
      ...shipped.Resources,
      [id]: {
        ...shipped.Resources[id]!,
        Properties: { ...shipped.Resources[id]!.Properties, ...properties },
      },
    },
  });

  it.each([
    ["a route without authorizer", "WebhookRoute", { AuthorizationType: "NONE" }, /authorized route/],
    ["another integration", "WebhookIntegration", { IntegrationSubtype: "SQS-SendMessage" }, /puts events/],
    [
      "another identity source",
      "WebhookAuthorizer",
      { IdentitySource: ["$request.querystring.t"] },
      /identity source/,
    ],
    [
      "a second identity source of another kind",
      "WebhookAuthorizer",
      { IdentitySource: ["$request.header.t", "$request.header.u"] },
      /identity source/,
    ],
    ["a reference to nothing", "WebhookRoute", { RouteKey: { Ref: "Nobody" } }, /cannot resolve/],
  ])("refuses to serve %s", (_, id, properties, message) => {
    const template = withProperties(id, properties);
    expect(() => readWebhookApi(template, resolver(template, ids))).toThrow(message);
  });

  it("follows the list of addresses: with one the authorizer's answers go by the address too", () => {
    const parameters = (Default: string): ParsedTemplate => ({
      ...shipped,
      Parameters: { ...shipped.Parameters, AllowedSourceAddresses: { Type: "String", Default } },
    });
    const read = (template: ParsedTemplate) => readWebhookApi(template, resolver(template, ids));
    expect(read(parameters(""))).toMatchObject({ identityHeader: "x-gitlab-token", isByAddress: false });
    expect(read(parameters("10.0.0.0/8"))).toMatchObject({
      identityHeader: "x-gitlab-token",
      isByAddress: true,
    });
  });

  it("follows a change of the shipped route", () => {
    const template = withProperties("WebhookRoute", { RouteKey: "POST /webhook" });
    expect(readWebhookApi(template, resolver(template, ids)).path).toBe("/webhook");
  });
});

describe("authorizer", () => {
  const shape: WebhookApiShape = { ...api, authorizerTtlSeconds: 30 };
  const answering = (...outcomes: CallOutcome[]) => {
    const events: unknown[] = [];
    let now = 1_000;
    const ask = authorizer(
      shape,
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
      identitySource: ["t"],
      routeKey: "POST /webhook",
    });
    expect(events[0]).not.toHaveProperty("body");
  });
});

describe("eventPutter", () => {
  const bus = mockClient(EventBridgeClient);
  const put = eventPutter(new EventBridgeClient({ region: "eu-west-1" }), api);
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
