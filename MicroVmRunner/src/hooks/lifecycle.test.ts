import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { mutedLog, muteLog } from "../../../tests/gitlab-runner/handler-log";
import { HOOKS_PATH, startHookServer } from "./hook-server";
import { Lifecycle } from "./lifecycle";
import type { RunRequest } from "./run-request";

const PAYLOAD = {
  url: "https://gitlab.example.com",
  token: "glrt-t0kenOfTheRunner1",
  runnerId: 12,
  executor: "docker",
  image: "public.ecr.aws/docker/library/debian:13-slim",
  lifetimeSeconds: 3_600,
  waitTimeoutSeconds: 60,
  deletesOwnRecord: false,
} as const;

const runBody = (payload: object = PAYLOAD): string =>
  JSON.stringify({ microvmId: "microvm-1", runHookPayload: JSON.stringify(payload) });

describe("the hooks of a MicroVM", () => {
  const started: RunRequest[] = [];
  let isReady: () => boolean;
  let validate: () => Promise<void>;
  let server: Server;

  const call = async (hook: string, body?: string, method = "POST"): Promise<number> => {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}${HOOKS_PATH}/${hook}`;
    return (await fetch(url, { method, ...(body === undefined ? {} : { body }) })).status;
  };

  beforeEach(async () => {
    muteLog();
    started.length = 0;
    isReady = () => true;
    validate = async () => {};
    server = await startHookServer(
      0,
      new Lifecycle({
        isReady: () => isReady(),
        validate: () => validate(),
        start: (request) => void started.push(request),
      }),
    );
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    server.close();
    await once(server, "close");
  });

  it("ask Lambda to ask again until Docker is there, and give the image up where it never will be", async () => {
    isReady = () => false;
    await expect(call("ready")).resolves.toBe(503);
    isReady = () => true;
    await expect(call("ready")).resolves.toBe(200);
    isReady = () => {
      throw new Error("spawn dockerd ENOENT");
    };
    await expect(call("ready")).resolves.toBe(500);
    expect(mutedLog()).toContain("spawn dockerd ENOENT");
  });

  it("refuse an image in which a tool cannot be run", async () => {
    await expect(call("validate")).resolves.toBe(200);
    validate = () => Promise.reject(new Error("spawn git ENOENT"));
    await expect(call("validate")).resolves.toBe(500);
  });

  it("I-2: start the runner with the first run alone, and say yes to every further one", async () => {
    await expect(call("run", runBody())).resolves.toBe(200);
    await expect(call("run", runBody({ ...PAYLOAD, token: "glrt-of-a-job" }))).resolves.toBe(200);
    await expect(call("run", "what a job sends")).resolves.toBe(200);
    expect(started).toEqual([{ microvmId: "microvm-1", payload: PAYLOAD }]);
  });

  it("start a runner with privileged containers where the payload says so", async () => {
    await call("run", runBody({ ...PAYLOAD, privileged: true }));
    expect(started).toEqual([{ microvmId: "microvm-1", payload: { ...PAYLOAD, privileged: true } }]);
  });

  it("I-3: let a job that calls terminate change nothing", async () => {
    await call("run", runBody());
    await expect(call("terminate")).resolves.toBe(200);
    expect(started).toHaveLength(1);
  });

  it.each([
    ["no JSON", "glrt-t0kenOfTheRunner1"],
    ["another token", runBody({ ...PAYLOAD, token: 1 })],
    ["another executor", runBody({ ...PAYLOAD, executor: "glrt-t0kenOfTheRunner1" })],
    ["a privileged that is neither", runBody({ ...PAYLOAD, privileged: "yes" })],
    ["a lifetime of nothing", runBody({ ...PAYLOAD, lifetimeSeconds: 0 })],
    ["plain http", runBody({ ...PAYLOAD, url: "http://gitlab.example.com" })],
    ["a part of a cache", runBody({ ...PAYLOAD, cache: { bucket: "b", path: "protected" } })],
  ])(
    "I-13: refuse %s, so that Lambda ends the VM at once, and repeat no value in the log",
    async (_, body) => {
      await expect(call("run", body)).resolves.toBe(400);
      expect(started).toEqual([]);
      expect(mutedLog()).toContain("HOOK_FAILED");
      expect(mutedLog()).not.toContain("glrt-");
    },
  );

  it("are these and no others, and of POST alone", async () => {
    await expect(call("suspend")).resolves.toBe(404);
    await expect(call("__proto__")).resolves.toBe(404);
    await expect(call("ready", undefined, "GET")).resolves.toBe(404);
  });

  it("read no body that no payload has", async () => {
    await expect(call("run", "x".repeat(40_000))).resolves.toBe(400);
  });
});
