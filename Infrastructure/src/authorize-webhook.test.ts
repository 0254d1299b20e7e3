import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { parameterStore, readParameters } from "./parameter-store";

type Handler = typeof import("./authorize-webhook").handler;

const CURRENT = "canary-current-7Qx";
const PREVIOUS = "canary-previous-8Rz";
const PARAMETERS = { "/glr/WebhookSecret": CURRENT, "/glr/WebhookSecretPrevious": PREVIOUS };

/** A Parameter Store on loopback that speaks GetParameters, and what it was asked. */
const store = {
  values: {} as Record<string, string>,
  status: 200,
  /** Requests to be throttled before it answers. */
  throttles: 0,
  isSilent: false,
  requests: [] as { headers: Record<string, unknown>; body: string }[],
};
let server: Server;
let environment: NodeJS.ProcessEnv;
let printed: string[];

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const answer = (body: string): string => {
  const { Names } = JSON.parse(body) as { Names: string[] };
  const known = Names.filter((name) => name in store.values);
  return JSON.stringify({
    Parameters: known.map((Name) => ({ Name, Type: "SecureString", Value: store.values[Name] })),
    InvalidParameters: Names.filter((name) => !known.includes(name)),
  });
};

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      store.requests.push({ headers: request.headers, body });
      if (store.throttles > 0) {
        store.throttles -= 1;
        response.writeHead(400).end("ThrottlingException");
        return;
      }
      if (!store.isSilent)
        response.writeHead(store.status).end(store.status === 200 ? answer(body) : CURRENT);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  Object.assign(store, {
    values: { ...PARAMETERS },
    status: 200,
    throttles: 0,
    isSilent: false,
    requests: [],
  });
  environment = process.env;
  process.env = {
    ...environment,
    CONFIGURATION_PATH: "/glr",
    AWS_REGION: "eu-west-1",
    AWS_ENDPOINT_URL: address(),
    AWS_ENDPOINT_URL_SSM: "",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "example-key",
    AWS_SESSION_TOKEN: "example-session",
  };
  printed = [];
  jest.spyOn(process.stdout, "write").mockImplementation((line) => {
    printed.push(String(line));
    return true;
  });
});
afterEach(() => {
  process.env = environment;
  jest.restoreAllMocks();
});

/** A fresh environment's handler, with an empty cache. */
const freshHandler = (): Handler => {
  let handler: Handler | undefined;
  jest.isolateModules(() => {
    handler = (require("./authorize-webhook") as { handler: Handler }).handler;
  });
  if (handler === undefined) throw new Error("The module did not load");
  return handler;
};
const event = (token?: string, more: object = {}) => ({
  version: "2.0",
  type: "REQUEST",
  headers: { "user-agent": "GitLab/19.4.0", ...(token === undefined ? {} : { "x-gitlab-token": token }) },
  ...more,
});
/** Where Parameter Store fails for good its budget is spent in a thirtieth of the time. @returns the budgets asked for */
const hurry = (factor = 30): readonly number[] => {
  const asked: number[] = [];
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  jest.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
    asked.push(milliseconds);
    return timeout(Math.round(milliseconds / factor));
  });
  return asked;
};
const denials = (): number => printed.filter((line) => line.includes('"WebhookDenied":1')).length;

describe("authorize-webhook", () => {
  it("I-11: lets in the current and the previous secret, and asks for all in one signed call", async () => {
    const handler = freshHandler();
    expect(await handler(event(CURRENT))).toEqual({ isAuthorized: true });
    expect(await handler(event(PREVIOUS))).toEqual({ isAuthorized: true });
    expect(store.requests).toHaveLength(1);
    expect(JSON.parse(store.requests[0]!.body)).toEqual({
      Names: ["/glr/WebhookSecret", "/glr/WebhookSecretPrevious", "/glr/AllowedSourceAddresses"],
      WithDecryption: true,
    });
    expect(store.requests[0]!.headers).toMatchObject({
      "x-amz-target": "AmazonSSM.GetParameters",
      "x-amz-security-token": "example-session",
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ssm\/aws4_request/,
      ),
    });
    expect(denials()).toBe(0);
  });

  const from = (sourceIp: string) => event(CURRENT, { requestContext: { http: { sourceIp } } });

  it("T-20: where addresses are listed, lets in the secret from one of them alone", async () => {
    store.values["/glr/AllowedSourceAddresses"] = "34.74.90.64/28\n";
    const handler = freshHandler();
    expect(await handler(from("34.74.90.65"))).toEqual({ isAuthorized: true });
    expect(await handler(from("203.0.113.9"))).toEqual({ isAuthorized: false });
    expect(await handler(event(CURRENT))).toEqual({ isAuthorized: false });
    expect(denials()).toBe(2);
  });

  it("T-20: lets a new address in without waiting for its memory of the list before, and refuses one that went within a minute", async () => {
    store.values["/glr/AllowedSourceAddresses"] = "34.74.90.64/28";
    const handler = freshHandler();
    expect(await handler(from("34.74.90.65"))).toEqual({ isAuthorized: true });
    store.values["/glr/AllowedSourceAddresses"] = "203.0.113.0/24";
    const start = Date.now();
    jest.spyOn(Date, "now").mockReturnValue(start + 6_000);
    expect(await handler(from("203.0.113.9"))).toEqual({ isAuthorized: true });
    jest.spyOn(Date, "now").mockReturnValue(start + 70_000);
    expect(await handler(from("34.74.90.65"))).toEqual({ isAuthorized: false });
  });

  it("I-10: lets nobody in, and says why, where the list of addresses cannot be read", async () => {
    store.values["/glr/AllowedSourceAddresses"] = "34.74.90.64/99";
    expect(await freshHandler()(from("34.74.90.65"))).toEqual({ isAuthorized: false });
    expect(printed.join("")).toContain("34.74.90.64/99");
  });

  it("T-1 I-9: refuses a thousand requests with other tokens, and counts each", async () => {
    const handler = freshHandler();
    const tokens = fc.sample(fc.string({ unit: "binary", maxLength: 40 }), 1_000);
    const answers = [];
    for (const token of tokens) answers.push(await handler(event(token)));
    expect(answers.every(({ isAuthorized }) => isAuthorized === false)).toBe(true);
    expect(denials()).toBe(1_000);
  });

  it.each([undefined, null, 7, "x", [], {}, { headers: null }, { headers: [] }, event()])(
    "I-10 F-68: refuses the odd event %j without a throw",
    async (odd) => {
      expect(await freshHandler()(odd)).toEqual({ isAuthorized: false });
      expect(denials()).toBe(1);
    },
  );

  it("I-12 F-68: lets in whoever has the secret, whatever else the request holds", async () => {
    const handler = freshHandler();
    const more = fc.record({
      body: fc.anything(),
      isBase64Encoded: fc.anything(),
      rawQueryString: fc.string(),
    });
    await fc.assert(
      fc.asyncProperty(more, async (rest) => (await handler(event(CURRENT, rest))).isAuthorized),
    );
  });

  it("I-10: refuses everybody while the secret is missing, and names the parameter in the log", async () => {
    store.values = {};
    expect(await freshHandler()(event(""))).toEqual({ isAuthorized: false });
    expect(await freshHandler()(event("undefined"))).toEqual({ isAuthorized: false });
    expect(printed.join("")).toContain('"parameter":"/glr/WebhookSecret"');
  });

  it("I-11: takes the current secret alone when no change is under way", async () => {
    store.values = { "/glr/WebhookSecret": `${CURRENT}\n` };
    const handler = freshHandler();
    expect(await handler(event(CURRENT))).toEqual({ isAuthorized: true });
    expect(await handler(event(PREVIOUS))).toEqual({ isAuthorized: false });
  });

  it("F-9 I-10: throws, and so refuses nothing that is kept, while no secret could be read", async () => {
    store.status = 500;
    hurry();
    await expect(freshHandler()(event(CURRENT))).rejects.toThrow("WebhookSecret");
    expect(printed.join("")).toMatch(/WEBHOOK_SECRET_UNREAD.*did not answer in 6500 ms/);
    expect(denials()).toBe(0);
  });

  it("F-9: asks Parameter Store again and again for six and a half of its eight seconds", async () => {
    store.throttles = Number.POSITIVE_INFINITY;
    const asked = hurry(5);
    jest.spyOn(Math, "random").mockReturnValue(0.2);
    await expect(freshHandler()(event(CURRENT))).rejects.toThrow();
    expect(asked).toEqual([6_500]);
    expect(store.requests.length).toBeGreaterThan(4);
  });

  it("F-9 I-11: refuses nobody by secrets that it cannot read anew, since they may have been changed", async () => {
    const handler = freshHandler();
    await handler(event(CURRENT));
    store.status = 500;
    hurry();
    jest.spyOn(Date, "now").mockReturnValue(Date.now() + 70_000);
    expect(await handler(event(CURRENT))).toEqual({ isAuthorized: true });
    await expect(handler(event("canary-next-9Tz"))).rejects.toThrow("WebhookSecret");
    expect(denials()).toBe(0);
  });

  it("I-11: lets a new secret in without waiting for its memory of the one before", async () => {
    const handler = freshHandler();
    await handler(event(CURRENT));
    store.values = { "/glr/WebhookSecret": "canary-next-9Tz", "/glr/WebhookSecretPrevious": CURRENT };
    jest.spyOn(Date, "now").mockReturnValue(Date.now() + 6_000);
    expect(await handler(event("canary-next-9Tz"))).toEqual({ isAuthorized: true });
    expect(await handler(event("canary-other"))).toEqual({ isAuthorized: false });
    expect(store.requests).toHaveLength(2);
  });

  it("F-9 F-21: asks again within its budget when Parameter Store throttles a burst of cold starts", async () => {
    store.throttles = 2;
    expect(await freshHandler()(event(CURRENT))).toEqual({ isAuthorized: true });
    expect(store.requests).toHaveLength(3);
  });

  describe("called by its schedule", () => {
    const CALL = { getReady: true };

    it("F-77 F-21: has the secrets at hand, so that a burst's first request waits for nobody, and is let in by them alone", async () => {
      const handler = freshHandler();
      expect(await handler(CALL)).toEqual({ isAuthorized: false });
      expect(await handler(event(CURRENT))).toEqual({ isAuthorized: true });
      expect(store.requests).toHaveLength(1);
      expect(denials()).toBe(0);
    });

    it("I-11: reads them anew each minute, before a request would have to", async () => {
      const handler = freshHandler();
      await handler(CALL);
      const start = Date.now();
      const now = jest.spyOn(Date, "now").mockReturnValue(start + 59_000);
      await handler(CALL);
      now.mockReturnValue(start + 118_000);
      expect(await handler(event(CURRENT))).toEqual({ isAuthorized: true });
      expect(store.requests).toHaveLength(2);
    });

    it("says nothing where there is no secret, as with a signing key alone", async () => {
      store.values = {};
      expect(await freshHandler()(CALL)).toEqual({ isAuthorized: false });
      expect(printed).toEqual([]);
    });

    it("F-9: says of Parameter Store that it fails, and of no webhook that it was refused", async () => {
      store.status = 500;
      expect(await freshHandler()(CALL)).toEqual({ isAuthorized: false });
      expect(printed.join("")).toContain("WEBHOOK_SECRET_UNREAD");
      expect(denials()).toBe(0);
    }, 20_000);
  });

  it("F-9: goes on with what it read before when Parameter Store begins to fail", async () => {
    const handler = freshHandler();
    await handler(event(CURRENT));
    store.status = 400;
    hurry();
    jest.spyOn(Date, "now").mockReturnValue(Date.now() + 120_000);
    expect(await handler(event(CURRENT))).toEqual({ isAuthorized: true });
    expect(printed.join("")).toMatch(/WEBHOOK_SECRET_UNREAD.*did not answer in 6500 ms/);
  });

  it("T-4 I-13: prints neither a secret, nor a sent token, nor a header", async () => {
    const handler = freshHandler();
    await handler(event(CURRENT));
    await handler(event("canary-sent-1Kd"));
    store.status = 500;
    hurry();
    await freshHandler()(event(CURRENT)).catch((error: unknown) => printed.push(String(error)));
    expect(printed.length).toBeGreaterThan(0);
    expect(printed.join("")).not.toMatch(/canary|GitLab\/19|x-gitlab-token|example-key|example-session/i);
  });
});

describe("readParameters", () => {
  it("F-9: gives up on a Parameter Store that says nothing when its budget is spent", async () => {
    store.isSilent = true;
    await expect(readParameters(parameterStore(), ["/glr/WebhookSecret"], 30)).rejects.toThrow(/in 30 ms/);
  });

  it("F-9 I-10: throws on an answer that is cut short or is no list", async () => {
    for (const [status, text] of [
      [200, '{"Parameters":[{"Na'],
      [200, "[]"],
      [200, '{"Parameters":{}}'],
    ] as const) {
      const odd = createServer((_, response) => response.writeHead(status).end(text));
      await new Promise<void>((resolve) => {
        odd.listen(0, "127.0.0.1", resolve);
      });
      process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`;
      await expect(readParameters(parameterStore(), ["/glr/X"], 300)).rejects.toThrow();
      odd.close();
    }
  });
});
