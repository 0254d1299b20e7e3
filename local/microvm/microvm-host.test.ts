import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  GetMicrovmCommand,
  LambdaMicrovmsClient,
  ListManagedMicrovmImageVersionsCommand,
  ListMicrovmsCommand,
  type MicrovmState,
  ResumeMicrovmCommand,
  RunMicrovmCommand,
  SuspendMicrovmCommand,
  TerminateMicrovmCommand,
} from "@aws-sdk/client-lambda-microvms";
import { zipSync } from "fflate";
import { systemTable } from "../../Core/process/process-table";
import { runnerPath } from "../../tests/gitlab-runner/binary";
import { RunnerApiDouble } from "../../tests/gitlab-runner/runner-api-double";
import { readBody } from "../gateway";
import { readCall } from "../gateway/operations/read-call";
import { type MicroVmHost, startMicroVms, type VmLogs } from ".";
import { buildReadyState } from "./machine/ready-state";
import { isAlive } from "./microvm";

jest.setTimeout(60_000);

const ROOT = resolve(__dirname, "../..");
const ARN = "arn:aws:lambda:eu-west-1:123456789012:microvm-image:gitlab-runners-2048-1";
const NO_INGRESS = "arn:aws:lambda:eu-west-1:aws:network-connector:aws-network-connector:NO_INGRESS";
const VERSION = {
  imageArn: ARN,
  imageVersion: "1.0",
  status: "ACTIVE",
  codeArtifact: { uri: "s3://bucket/microvm-code/code.zip" },
  resources: [{ minimumMemoryInMiB: 2_048 }],
  hooks: { microvmHooks: { runTimeoutInSeconds: 5 } },
};

let folder: string;
let archive: Buffer;
let gitlab: RunnerApiDouble;
let host: MicroVmHost;
let server: Server;
let client: LambdaMicrovmsClient;
/** What was written, by place. */
const logged = new Map<string, string[]>();

const answers = (code: Buffer) => async (service: string, path: string) => {
  if (service === "s3" && path === "/bucket/microvm-code/code.zip") return code;
  const id = encodeURIComponent(ARN);
  if (path === `/2025-09-09/microvm-images/${id}`) return Buffer.from('{"latestActiveImageVersion":"1.0"}');
  if (path === `/2025-09-09/microvm-images/${id}/versions/1.0`) return Buffer.from(JSON.stringify(VERSION));
  throw new Error(`The engine answers 404 to GET ${path} of ${service}`);
};

const settings = () => ({
  awsEndpoint: "http://127.0.0.1:9",
  folder,
  env: { PATH: process.env.PATH, GITLAB_RUNNER: runnerPath() },
});

/** The host behind an address, as the gateway hands it its calls. */
const serve = async (): Promise<void> => {
  const logs: VmLogs = {
    open: ({ logGroup, imageVersion, microvmId }) => {
      const lines: string[] = [];
      logged.set(`${logGroup} ${imageVersion} ${microvmId}`, lines);
      return async (more) => void lines.push(...more);
    },
    close: () => undefined,
  };
  host = startMicroVms({ ...settings(), region: "eu-west-1", readPath: answers(archive), logs });
  server = createServer(async (message, response) => {
    const { method = "", url: target = "", rawHeaders } = message;
    const body = await readBody(message);
    const { operation } = readCall("lambda", { method, target, rawHeaders, body });
    await host.serve(operation, target, body, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  client = new LambdaMicrovmsClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "eu-west-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    maxAttempts: 1,
  });
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vm-"));
  const made = execFileSync(
    process.execPath,
    ["--import", "tsx", join(ROOT, "scripts/microvm-code.ts"), "--print"],
    { encoding: "utf8" },
  );
  archive = readFileSync(made.trim());
  gitlab = await new RunnerApiDouble().start();
  await serve();
});
afterAll(async () => {
  await host?.close();
  client?.destroy();
  server?.closeAllConnections();
  server?.close();
  await gitlab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const payload = (given: object = {}): string =>
  JSON.stringify({
    url: gitlab.url,
    token: "glrt-t0kenOfTheRunner1",
    runnerId: 12,
    executor: "docker",
    image: "alpine:3.22",
    lifetimeSeconds: 600,
    waitTimeoutSeconds: 20,
    deletesOwnRecord: false,
    ...given,
  });

const run = (given: object = {}) =>
  client.send(
    new RunMicrovmCommand({
      imageIdentifier: ARN,
      imageVersion: "1.0",
      maximumDurationInSeconds: 900,
      runHookPayload: payload(),
      ingressNetworkConnectors: [NO_INGRESS],
      logging: { disabled: {} },
      ...given,
    }),
  );

const stateOf = async (microvmIdentifier: string | undefined): Promise<MicrovmState | undefined> =>
  (await client.send(new GetMicrovmCommand({ microvmIdentifier }))).state;

const until = async (what: string, isSo: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> => {
  for (const end = Date.now() + ms; !(await isSo()); await sleep(50))
    if (Date.now() > end)
      throw new Error(
        `${what} did not come: ${host
          .microVms()
          .map(({ microvmId }) => host.console(microvmId))
          .join("\n")}`,
      );
};

const terminate = (microvmIdentifier: string | undefined) =>
  client.send(new TerminateMicrovmCommand({ microvmIdentifier }));

describe("the laptop's MicroVMs", () => {
  afterEach(async () => {
    host.control({ reset: true });
    // Ten calls a second are all that Lambda takes: none of them is for one that has ended.
    for (const { microvmId } of host.microVms().filter(isAlive)) await terminate(microvmId);
    await until("the end of all", () => host.running() === 0);
  });

  it("run the shipped program, which hands gitlab-runner the docker executor's configuration, and end when told", async () => {
    gitlab.push({ id: 7, script: ["echo from $((40 + 2))"] });
    const { microvmId, state, endpoint } = await run();
    expect([state, endpoint]).toEqual(["PENDING", expect.stringMatching(/^[0-9a-f-]{36}\.lambda-microvm\./)]);
    expect(microvmId).toMatch(/^microvm-[0-9a-f-]{36}$/);
    await until("the job's end", () => gitlab.state(7) === "success");
    expect(gitlab.trace(7)).toContain("from 42");
    // What the laptop says in place of a container stands there only where the docker executor was asked for.
    expect(gitlab.trace(7)).toContain("this job of a docker executor");
    await until("running", async () => (await stateOf(microvmId)) === "RUNNING");
    expect(host.console(microvmId ?? "")).not.toContain("glrt-");
    const asked = gitlab.seen.find(({ path }) => path === "jobs/request");
    expect(JSON.parse(asked?.body.toString() ?? "{}")).toMatchObject({
      system_id: `r_${microvmId?.slice(-12)}`,
    });
    await terminate(microvmId);
    await until("the end", async () => (await stateOf(microvmId)) === "TERMINATED");
    const left = systemTable()
      .list()
      .filter(({ pid }) => systemTable().inherited(pid).environment.includes(folder));
    expect(left).toEqual([]);
    expect(existsSync(join(folder, microvmId?.slice(-12) ?? ""))).toBe(false);
  });

  it("run a job of the shell executor in the VM itself, and tell it that it has no image", async () => {
    gitlab.push({ id: 8, script: ["echo from $((40 + 2))"], image: "alpine:3.22" });
    await run({ runHookPayload: payload({ executor: "shell" }) });
    await until("the job's end", () => gitlab.state(8) === "success");
    expect(gitlab.trace(8)).toMatch(/WARNING: .*image.*: alpine:3\.22\b[\s\S]*from 42/);
    expect(gitlab.trace(8)).not.toContain("this job of a docker executor");
  });

  it("I-18: are the same one for the same token and input, and none for another input", async () => {
    const one = await run({ clientToken: "runners-7-1-0" });
    const again = await run({ clientToken: "runners-7-1-0" });
    expect(again.microvmId).toBe(one.microvmId);
    const other = run({ clientToken: "runners-7-1-0", maximumDurationInSeconds: 901 });
    await expect(other).rejects.toMatchObject({ name: "ConflictException" });
    expect(host.running()).toBe(1);
  });

  it("are lost to who asked when their answer is, and found by the same token", async () => {
    host.control({ loseAnswers: 1 });
    await expect(run({ clientToken: "runners-8-1-0" })).rejects.toThrow();
    expect(host.running()).toBe(1);
    const { microvmId } = await run({ clientToken: "runners-8-1-0" });
    expect(host.microVms().at(-1)?.microvmId).toBe(microvmId);
  });

  it.each([
    ["a bare name", { imageIdentifier: "gitlab-runners-2048-1" }, "ValidationException"],
    ["an image that is not there", { imageIdentifier: ARN.replace(/1$/, "2") }, "ResourceNotFoundException"],
    ["a version that is not there", { imageVersion: "9.0" }, "ResourceNotFoundException"],
    ["a payload of 4,097 bytes", { runHookPayload: "x".repeat(4_097) }, "ValidationException"],
    ["more than eight hours", { maximumDurationInSeconds: 28_801 }, "ValidationException"],
    ["a log without a role", { logging: { cloudWatch: { logGroup: "g" } } }, "ValidationException"],
  ])("refuse %s", async (_, given, name) => {
    await expect(run(given)).rejects.toMatchObject({ name });
  });

  it("end at once when the hook run refuses the payload, and say why", async () => {
    const { microvmId } = await run({ runHookPayload: '{"token":"glrt-t0ken"}' });
    await until("the end", async () => (await stateOf(microvmId)) === "TERMINATED");
    const { stateReason } = await client.send(new GetMicrovmCommand({ microvmIdentifier: microvmId }));
    expect(stateReason).toBe("Run lifecycle hook returned HTTP status 400");
  });

  it("I-23: end by themselves when their duration is over", async () => {
    const { microvmId } = await run({ maximumDurationInSeconds: 1 });
    await until("the end", async () => (await stateOf(microvmId)) === "TERMINATED");
    await expect(stateOf(microvmId)).resolves.toBe("TERMINATED");
  });

  it("have a quota of memory, and a rate of launches", async () => {
    host.control({ limits: { memoryGB: 2 } });
    await run();
    await expect(run()).rejects.toMatchObject({ name: "ServiceQuotaExceededException" });
    host.control({ limits: { memoryGB: 400, launchesPerSecond: 1 } });
    await run();
    await expect(run()).rejects.toMatchObject({ name: "ThrottlingException", retryAfterSeconds: 1 });
  });

  it("appear in the list late, and stay there when they have ended", async () => {
    const { microvmId } = await run();
    const listed = async () =>
      (await client.send(new ListMicrovmsCommand({ imageIdentifier: ARN }))).items?.find(
        (item) => item.microvmId === microvmId,
      );
    await expect(listed()).resolves.toBeUndefined();
    await until("the entry", async () => (await listed()) !== undefined);
    await terminate(microvmId);
    await until("its end in the list", async () => (await listed())?.state === "TERMINATED");
  });

  it("are built from a base image that AWS has", async () => {
    const base = "arn:aws:lambda:us-east-1:aws:microvm-image:al2023-1";
    const { items = [] } = await client.send(
      new ListManagedMicrovmImageVersionsCommand({ imageIdentifier: base }),
    );
    expect(items).toMatchObject([{ imageArn: base, imageVersion: "1.0", status: "AVAILABLE" }]);
  });

  it("send what they print to their log group, in a stream of each, and no secret", async () => {
    gitlab.push({ id: 9, script: ["echo hello"] });
    const logging = { cloudWatch: { logGroup: "microvms" } };
    const { microvmId = "" } = await run({ logging, executionRoleArn: "arn:aws:iam::123456789012:role/vm" });
    await until("the job's end", () => gitlab.state(9) === "success");
    await terminate(microvmId);
    await until("the end", async () => (await stateOf(microvmId)) === "TERMINATED");
    const [place, ...others] = logged.keys();
    expect([place, others]).toEqual([expect.stringMatching(`^microvms 1\\.0 ${microvmId}$`), []]);
    const lines = logged.get(place ?? "") ?? [];
    expect(lines.filter((line) => line.includes("RUNNER_STARTING"))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("RUNNER_ENDED"))).toHaveLength(1);
    expect(lines.join("\n")).not.toContain("glrt-");
  });

  it("stand still while they are suspended, their jobs too, and go on when they are resumed", async () => {
    gitlab.push({
      id: 10,
      script: ["for i in $(seq 100); do echo tick >>$CI_BUILDS_DIR/../ticks; sleep 0.1; done"],
    });
    const { microvmId: microvmIdentifier = "" } = await run();
    const ticks = (): number => {
      const path = execFileSync("find", [folder, "-name", "ticks"], { encoding: "utf8" }).trim();
      return path === "" ? 0 : readFileSync(path, "utf8").split("\n").length;
    };
    await until("the script", () => ticks() > 3);
    await client.send(new SuspendMicrovmCommand({ microvmIdentifier }));
    const then = ticks();
    // Five times as long as a round of the script takes, on a machine that is not busy.
    await sleep(500);
    expect(ticks()).toBe(then);
    await client.send(new ResumeMicrovmCommand({ microvmIdentifier }));
    await until("more", () => ticks() > then);
    await client.send(new SuspendMicrovmCommand({ microvmIdentifier }));
    await terminate(microvmIdentifier);
    await until("the end of one that stood still", () => host.running() === 0);
  });

  it("are suspended and resumed", async () => {
    const { microvmId: microvmIdentifier } = await run();
    await until("running", async () => (await stateOf(microvmIdentifier)) === "RUNNING");
    await client.send(new SuspendMicrovmCommand({ microvmIdentifier }));
    await until("suspended", async () => (await stateOf(microvmIdentifier)) === "SUSPENDED");
    await client.send(new ResumeMicrovmCommand({ microvmIdentifier }));
    await until("running again", async () => (await stateOf(microvmIdentifier)) === "RUNNING");
    await expect(stateOf(microvmIdentifier)).resolves.toBe("RUNNING");
  });
});

describe("an image's program", () => {
  const IMAGE = {
    imageArn: ARN,
    imageVersion: "2.0",
    memoryMiB: 2_048,
    codePath: "",
    runTimeoutSeconds: 5,
  };
  const program = (before: string): Buffer =>
    Buffer.from(
      zipSync({
        "glr/microvm.cjs": Buffer.from(
          `${before};require("node:http").createServer((q, s) => s.end()).listen(process.env.GLR_HOOKS_SOCKET);`,
        ),
      }),
    );

  it("T-27: makes nothing before the hook run that has to differ between MicroVMs, as all of them are copies", async () => {
    await expect(
      buildReadyState({ ...IMAGE, imageVersion: "3.0" }, archive, settings()),
    ).resolves.toMatchObject({
      folder: expect.any(String),
    });
  });

  it.each([
    ["randomUUID", 'require("node:crypto").randomUUID()'],
    ["randomBytes", 'require("node:crypto").randomBytes(8)'],
    ["random", "Math.random()"],
    ["connect", 'require("node:net").connect(9, "127.0.0.1").on("error", () => {})'],
  ])("T-27: is refused when it does: %s", async (name, code) => {
    await expect(buildReadyState(IMAGE, program(code), settings())).rejects.toThrow(
      new RegExp(`before the hook run .*: ${name}$`),
    );
  });
});
