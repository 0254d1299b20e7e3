import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunFolder } from "../laptop/run-folder";
import type { WorkerSource } from "./pool";
import { RunnerCalls } from "./runner-calls";

const folder = mkdtempSync(join(tmpdir(), "runner-calls-"));
const script = join(folder, "runner-process.cjs");
const esbuild = join(__dirname, "../../node_modules/.bin/esbuild");

/** A runner function that takes `reportMs` to report its job after SIGTERM; without it SIGTERM is ignored. */
const CODE = `
const { writeFileSync } = require("node:fs");
exports.handler = ({ path, reportMs }) => {
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
    isImage: true,
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
