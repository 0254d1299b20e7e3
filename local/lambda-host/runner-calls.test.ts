import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunFolder } from "../laptop/run-folder";
import type { WorkerSource } from "./pool";
import { RunnerCalls } from "./runner-calls";

const folder = mkdtempSync(join(tmpdir(), "runner-calls-"));
const script = join(folder, "runner-process.cjs");
const esbuild = join(__dirname, "../../node_modules/.bin/esbuild");

/**
 * A runner function that says which process loaded it. It takes `reportMs` to report its job after SIGTERM; without it SIGTERM
 * is ignored. With `isShort` its call returns at once.
 */
const CODE = `
const { appendFileSync, writeFileSync } = require("node:fs");
if (process.env.LOADED) appendFileSync(process.env.LOADED, process.pid + " ");
exports.handler = ({ path, reportMs, isShort }) => {
  if (isShort) return { pid: process.pid, root: process.env.RUNNER_ROOT };
  process.once("SIGTERM", () => {
    if (reportMs === undefined) return;
    setTimeout(() => { writeFileSync(path + ".reported", ""); process.exit(0); }, reportMs);
  });
  writeFileSync(path + ".started", "");
  return new Promise(() => setInterval(() => undefined, 1000));
};`;

const inFolder = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
};
const runFolder: RunFolder = {
  path: folder,
  folder: inFolder,
  compile: () => "",
  env: {},
  close: async () => undefined,
};
const source: WorkerSource = {
  key: "RunnerFunction",
  file: join(folder, "handler.js"),
  exportName: "handler",
  settings: {
    roleArn: "",
    functionName: "f",
    handler: "",
    functionId: "RunnerFunction",
    code: { kind: "image", uri: "" },
    isolatesTenants: false,
    timeoutSeconds: 60,
    memoryMiB: 128,
    logsJson: false,
    variables: {},
  },
  env: { PATH: process.env.PATH ?? "" },
};

beforeAll(() => {
  writeFileSync(source.file, CODE);
  const options = ["--bundle", "--platform=node", `--outfile=${script}`, "--log-level=error"];
  execFileSync(esbuild, [join(__dirname, "runner-process.ts"), ...options]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts one call and waits until its handler runs. */
const startCall = async (name: string, reportMs?: number) => {
  const calls = new RunnerCalls(runFolder, script, 4, () => undefined);
  const path = join(folder, name);
  const call = { requestId: name, event: { path, reportMs }, functionName: "f", functionArn: "arn" };
  const outcome = calls.call(source, call);
  for (const end = Date.now() + 10_000; !existsSync(`${path}.started`) && Date.now() < end; ) await sleep(20);
  return { calls, outcome, path };
};

const loaded = join(folder, "loaded");
const pidsLoaded = (): readonly number[] =>
  existsSync(loaded) ? readFileSync(loaded, "utf8").trim().split(" ").map(Number) : [];
const untilLoaded = async (count: number): Promise<void> => {
  for (const end = Date.now() + 10_000; pidsLoaded().length < count && Date.now() < end; ) await sleep(20);
  expect(pidsLoaded()).toHaveLength(count);
};

describe("a runner function's next call", () => {
  const withMark: WorkerSource = { ...source, env: { ...source.env, LOADED: loaded } };
  let calls: RunnerCalls;
  beforeEach(() => {
    rmSync(loaded, { force: true });
    calls = new RunnerCalls(runFolder, script, 4, () => undefined);
  });
  afterEach(() => calls.close());
  const shortCall = (from = withMark) =>
    calls.call(from, { requestId: "r", event: { isShort: true }, functionName: "f", functionArn: "arn" });

  it("finds its handler loaded, in a process and a folder of its own", async () => {
    const first = await shortCall();
    await untilLoaded(2);
    const second = await shortCall();
    const [pid, nextPid] = pidsLoaded();
    expect([first, second]).toMatchObject([{ result: { pid } }, { result: { pid: nextPid } }]);
    const roots = [first, second].map((outcome) => "result" in outcome && Object(outcome.result).root);
    expect(new Set(roots).size).toBe(2);
    expect(roots.filter((root) => existsSync(root))).toEqual([]);
  });

  it.each<readonly [string, (pid: number) => WorkerSource]>([
    ["its process has ended meanwhile", (pid) => process.kill(pid, "SIGKILL") && withMark],
    ["it has other credentials now", () => ({ ...withMark, key: "RunnerFunction anew" })],
  ])("starts anew where %s", async (_, change) => {
    await shortCall();
    await untilLoaded(2);
    const prepared = pidsLoaded()[1] ?? 0;
    const changed = change(prepared);
    await sleep(200);
    expect(await shortCall(changed)).toMatchObject({ result: { pid: expect.any(Number) } });
    expect(pidsLoaded()[2]).not.toBe(prepared);
    expect(() => process.kill(prepared, 0)).toThrow("ESRCH");
  });

  it("leaves nothing of the process that waits for it when the laptop stops", async () => {
    await shortCall();
    await untilLoaded(2);
    await calls.close();
    expect(() => process.kill(pidsLoaded()[1] ?? 0, 0)).toThrow("ESRCH");
    expect(readdirSync(inFolder("lambda"))).toEqual([]);
  });
});

describe("a runner function when the laptop stops", () => {
  it("gets SIGTERM and the time to report its job", async () => {
    const { calls, outcome, path } = await startCall("reports", 400);
    await calls.close();
    expect(existsSync(`${path}.reported`)).toBe(true);
    expect(calls.pids()).toEqual([]);
    expect(await outcome).toHaveProperty("error");
    expect(readdirSync(inFolder("lambda"))).toEqual([]);
  });

  it("is killed within seconds when it ignores SIGTERM", async () => {
    const { calls, outcome } = await startCall("ignores");
    const [pid = 0] = calls.pids();
    const since = Date.now();
    await calls.close();
    // Three seconds from SIGTERM to SIGKILL, and some for a busy machine.
    expect(Date.now() - since).toBeLessThan(8_000);
    expect(await outcome).toHaveProperty("error");
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});
