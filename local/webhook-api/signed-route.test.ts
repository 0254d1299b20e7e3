import { createHmac } from "node:crypto";
import { join } from "node:path";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { signingKey } from "../../Core/gitlab/webhook-signature";
import { type Reception, receiveWebhook } from "../../Infrastructure/src/webhook-reception";
import { type ParsedTemplate, readTemplate } from "../engine/template-file";
import { startGitLab } from "../gitlab";
import type { CallOutcome } from "../lambda-host/call";
import { clientSettings } from "../laptop/client-settings";
import { startWebhookApi, type WebhookApi } from ".";
import { readWebhookApi, resolver } from "./api-shape";
import { readSignedRoute, type SignedRouteShape, signedRoute } from "./signed-route";

const shipped = readTemplate(join(__dirname, "../../Infrastructure/template.yaml"));
const ids = { EventBus: "gitlab-runners-infrastructure" };
const shape = readSignedRoute(shipped, resolver(shipped, ids));
const api = readWebhookApi(shipped, resolver(shipped, ids));
const ENV = {
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "laptop",
  AWS_SECRET_ACCESS_KEY: "laptop",
};

describe("readSignedRoute", () => {
  it("reads the shipped template's route, function and throttle", () => {
    expect(shape).toEqual({
      method: "POST",
      path: "/signed-webhook",
      routeKey: "POST /signed-webhook",
      functionId: "ReceiveSignedWebhookFunction",
      ratePerSecond: 500,
      burst: 1_000,
    });
  });

  it.each([
    ["an authorizer", "SignedWebhookRoute", { AuthorizationType: "CUSTOM" }],
    ["another payload format", "SignedWebhookIntegration", { PayloadFormatVersion: "1.0" }],
    ["no function", "SignedWebhookIntegration", { IntegrationUri: "https://example.com" }],
  ])("refuses to serve a route with %s", (_, id, properties) => {
    const resource = shipped.Resources[id]!;
    const changed = { ...resource, Properties: { ...resource.Properties, ...properties } };
    const template: ParsedTemplate = { ...shipped, Resources: { ...shipped.Resources, [id]: changed } };
    expect(() => readSignedRoute(template, resolver(template, ids))).toThrow(/payload format 2\.0/);
  });
});

describe("the signed route", () => {
  const TOKEN = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
  let door: WebhookApi;
  let events: { body: string; isBase64Encoded: boolean; headers: Record<string, string> }[];
  let outcome: (event: unknown) => Promise<CallOutcome>;

  const open = async (changes: Partial<SignedRouteShape> = {}): Promise<void> => {
    door = await startWebhookApi(0);
    const call = (event: unknown): Promise<CallOutcome> => {
      events.push(event as (typeof events)[number]);
      return outcome(event);
    };
    const nobody = async (): Promise<CallOutcome> => ({ result: { isAuthorized: false } });
    door.open({
      api,
      callAuthorizer: nobody,
      events: new EventBridgeClient(clientSettings(ENV)),
      signed: signedRoute({ ...shape, ...changes }, call, Date.now),
    });
  };
  beforeEach(() => {
    events = [];
    outcome = async () => ({ result: { statusCode: 200, body: '{"message":"OK"}' } });
  });
  afterEach(() => door.close());

  const post = (body: string | Buffer, headers: Record<string, string> = {}, path = shape.path) =>
    fetch(`${door.url}${path}`, { method: "POST", body, headers });

  it.each([
    [403, { result: { statusCode: 403, body: '{"message":"Forbidden"}' } }],
    [500, { error: { errorType: "Error", errorMessage: "x" } }],
    [500, { result: null }],
    [500, { result: { isAuthorized: true } }],
  ] as const)("answers %i as the function does", async (status, result) => {
    outcome = async () => result;
    await open();
    expect((await post("{}")).status).toBe(status);
  });

  it("hands JSON on as text, and other bytes in base64", async () => {
    await open();
    const bytes = Buffer.from([0xff, 0x00, 0x0d]);
    expect(
      await (await post('{"ü":1}', { "content-type": "application/json; charset=utf-8" })).json(),
    ).toEqual({
      message: "OK",
    });
    await post(bytes, { "content-type": "application/octet-stream" });
    expect(events).toMatchObject([
      { version: "2.0", routeKey: shape.routeKey, body: '{"ü":1}', isBase64Encoded: false },
      { body: bytes.toString("base64"), isBase64Encoded: true },
    ]);
  });

  it("T-20: has a throttle of its own", async () => {
    await open({ ratePerSecond: 0, burst: 1 });
    expect([(await post("{}")).status, (await post("{}")).status]).toEqual([200, 429]);
    expect((await post("{}", { "x-gitlab-token": "x" }, api.path)).status).toBe(403);
    expect(events).toHaveLength(1);
  });

  it("T-2: takes what GitLab's stand-in signs, and refuses it with another byte or another key", async () => {
    const key = signingKey(TOKEN);
    const receptions: Reception[] = [];
    const taken: string[] = [];
    const known = new Set<string>();
    const receiving = (keys: { current: Buffer | undefined }) => (event: unknown) =>
      receiveWebhook(
        {
          secrets: async () => ({
            keys,
            tokens: { current: "webhook secret" },
            isAllowedSource: () => true,
          }),
          ids: { isKnown: async (id) => known.has(id), remember: async (id) => Boolean(known.add(id)) },
          put: async (body) => taken.push(body.toString()) > 0,
          now: Date.now,
        },
        event,
      );
    outcome = async (event) => {
      receptions.push(await receiving({ current: key })(event));
      return { result: { statusCode: 200, body: "{}" } };
    };
    await open();
    const gitlab = await startGitLab({ timing: { delayMs: [0, 0], repeat: 0, late: 0 } });
    gitlab.setWebhook({ url: `${door.url}${shape.path}`, token: "webhook secret", signingToken: TOKEN });
    gitlab.createPipeline(1, [{ name: "Prüfung", script: ["true"] }]);
    while (receptions.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await gitlab.close();
    expect(receptions).toEqual(["accepted", "accepted"]);
    expect(taken.map((text) => JSON.parse(text).build_name)).toEqual(["Prüfung", "Prüfung"]);
    const [event] = events;
    const changed = { ...event, body: event?.body.replace("Prüfung", "Prufung") };
    const otherKey = { current: Buffer.alloc(32, 6) };
    expect(await receiving({ current: key })(event)).toBe("repeated");
    expect(await receiving({ current: key })(changed)).toBe("wrong-signature");
    expect(await receiving(otherKey)(event)).toBe("wrong-signature");
    const id = event?.headers["webhook-id"];
    const text = `${id}.${event?.headers["webhook-timestamp"]}.${event?.body}`;
    const expected = createHmac("sha256", key ?? "")
      .update(text)
      .digest("base64");
    expect(event?.headers["webhook-signature"]).toBe(`v1,${expected}`);
  });
});
