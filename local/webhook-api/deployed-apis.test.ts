import { createHmac } from "node:crypto";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { signingKey } from "../../Core/gitlab/webhook-signature";
import { type Reception, receiveWebhook } from "../../Infrastructure/src/webhook-reception";
import { startGitLab } from "../gitlab";
import type { CallOutcome } from "../lambda-host/call";
import { clientSettings } from "../laptop/client-settings";
import { startWebhookApi, type WebhookApi } from ".";
import { readHttpApis } from "./read-apis";
import { type ListedApi, listing, webhookApi } from "./testing";

const ENV = {
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "laptop",
  AWS_SECRET_ACCESS_KEY: "laptop",
};

const listed = webhookApi("first", "http://127.0.0.1:4");

describe("the signed route", () => {
  const TOKEN = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
  let door: WebhookApi;
  let events: { body: string; isBase64Encoded: boolean; headers: Record<string, string> }[];
  let outcome: (event: unknown) => Promise<CallOutcome>;

  const open = async (settings?: object): Promise<void> => {
    door = await startWebhookApi(0);
    const routeSettings = settings && { "POST /signed-webhook": settings };
    const stages = [{ ...listed.stages[0], ...(routeSettings && { routeSettings }) }];
    door.open({
      apis: () => readHttpApis(listing([{ ...listed, stages }]), door.url),
      callFunction: async (name, _source, event) => {
        if (name !== "receive-AB12") return { result: { isAuthorized: false } };
        events.push(event as (typeof events)[number]);
        return outcome(event);
      },
      eventsWith: () => new EventBridgeClient(clientSettings(ENV)),
      log: () => undefined,
    });
  };
  beforeEach(() => {
    events = [];
    outcome = async () => ({ result: { statusCode: 200, body: '{"message":"OK"}' } });
  });
  afterEach(() => door.close());

  const post = (body: string | Buffer, headers: Record<string, string> = {}, path = "/signed-webhook") =>
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
      { version: "2.0", routeKey: "POST /signed-webhook", body: '{"ü":1}', isBase64Encoded: false },
      { body: bytes.toString("base64"), isBase64Encoded: true },
    ]);
  });

  it("T-20: has a throttle of its own", async () => {
    await open({ ThrottlingRateLimit: 0, ThrottlingBurstLimit: 1 });
    expect([(await post("{}")).status, (await post("{}")).status]).toEqual([200, 429]);
    expect((await post("{}", { "x-gitlab-token": "x" }, "/webhook")).status).toBe(403);
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
    gitlab.setWebhook({ url: `${door.url}/signed-webhook`, token: "webhook secret", signingToken: TOKEN });
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

describe("the webhook API", () => {
  let door: WebhookApi;
  let apis: ListedApi[];
  let sources: string[];
  let said: string[];

  beforeEach(async () => {
    [apis, sources, said] = [[], [], []];
    door = await startWebhookApi(0);
    door.open({
      apis: () => readHttpApis(listing(apis), door.url),
      callFunction: async (_name, source) => {
        sources.push(source);
        return { result: { statusCode: 200, body: "{}" } };
      },
      eventsWith: () => new EventBridgeClient(clientSettings(ENV)),
      log: (message) => said.push(message),
    });
  });
  afterEach(() => door.close());

  const post = async (path: string): Promise<number> =>
    (await fetch(`${door.url}${path}`, { method: "POST", body: "{}" })).status;

  it("opens when an API is deployed, and shuts when its stack goes", async () => {
    const before = await post("/signed-webhook");
    apis = [webhookApi("first", door.url)];
    const whileDeployed = await post("/signed-webhook");
    apis = [];
    expect([before, whileDeployed, await post("/signed-webhook")]).toEqual([503, 200, 503]);
  });

  it("serves several deployments beside each other, each at its own address", async () => {
    apis = [webhookApi("first", door.url), webhookApi("second", `${door.url}/second`)];
    expect(await post("/second/signed-webhook")).toBe(200);
    expect(await post("/signed-webhook")).toBe(200);
    expect([await post("/second/none"), await post("/third/signed-webhook")]).toEqual([404, 404]);
    expect(sources).toEqual(["second/$default/POST/signed-webhook", "first/$default/POST/signed-webhook"]);
  });

  it("follows a changed throttle, and keeps it while nothing changes", async () => {
    const api = webhookApi("first", door.url);
    const withBurst = (ThrottlingBurstLimit: number): ListedApi => ({
      ...api,
      stages: [
        { stageName: "$default", defaultRouteSettings: { ThrottlingRateLimit: 0, ThrottlingBurstLimit } },
      ],
    });
    apis = [withBurst(1)];
    expect([await post("/signed-webhook"), await post("/signed-webhook")]).toEqual([200, 429]);
    apis = [withBurst(2)];
    expect([await post("/signed-webhook"), await post("/signed-webhook")]).toEqual([200, 200]);
    expect(await post("/signed-webhook")).toBe(429);
  });

  it("says once why it does not serve an API", async () => {
    const api = webhookApi("first", door.url);
    apis = [{ ...api, integrations: [] }];
    expect([await post("/signed-webhook"), await post("/webhook")]).toEqual([503, 503]);
    expect(said).toEqual([expect.stringMatching(/^An HTTP API is not served: .*without an integration$/)]);
  });
});
