import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WorkerPool, type WorkerSource } from "./pool";

const folder = mkdtempSync(join(tmpdir(), "worker-pool-"));
const script = join(folder, "worker.cjs");
const esbuild = join(__dirname, "../../node_modules/.bin/esbuild");

const CODE = `
class CapacityError extends Error { name = "CapacityError"; }
let calls = 0;
exports.handler = async ({ what, ms = 0 }, context) => {
  calls += 1;
  await new Promise((next) => setTimeout(next, ms));
  if (what === "fail") throw new CapacityError("none to be had");
  if (what === "exit") process.exit(3);
  if (what === "print") console.log("printed");
  return what === "nothing" ? undefined : { calls, env: process.env.ONE, left: context.getRemainingTimeInMillis() > 0 };
};`;

let output = "";
let pool: WorkerPool;

beforeAll(() => {
  mkdirSync(join(folder, "bundle"));
  writeFileSync(join(folder, "bundle/good.js"), CODE);
  writeFileSync(join(folder, "bundle/module.mjs"), "export const handler = async () => 'of a module';");
  writeFileSync(
    join(folder, "bundle/computed.js"),
    "Object.assign(exports, { ['hand' + 'ler']: async () => 'of a script' });",
  );
  writeFileSync(join(folder, "bundle/bad.js"), "throw new Error('cannot be loaded')");
  execFileSync(esbuild, [
    join(__dirname, "worker.ts"),
    "--bundle",
    "--platform=node",
    `--outfile=${script}`,
    "--log-level=error",
  ]);
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  output = "";
  pool = new WorkerPool(script, { workers: 3, workersPerFunction: 2 }, (_, text) => (output += text));
});
afterEach(() => pool.close());

const source = (key: string, file = "good", timeoutSeconds = 5): WorkerSource => ({
  key,
  file: join(folder, "bundle", file.includes(".") ? file : `${file}.js`),
  exportName: "handler",
  settings: {
    roleArn: "",
    functionName: key,
    handler: "x.handler",
    functionId: "F",
    code: { kind: "zip", sha256: "", location: "" },
    isolatesTenants: false,
    timeoutSeconds,
    memoryMiB: 128,
    logsJson: false,
    variables: {},
  },
  env: { ONE: `of ${key}` },
});
const call = (event: unknown) => ({ requestId: randomUUID(), event, functionName: "f", functionArn: "arn" });
const run = (key: string, event: unknown, file?: string, timeoutSeconds?: number) =>
  pool.run(source(key, file, timeoutSeconds), call(event));

describe("WorkerPool", () => {
  it("gives a function its own environment and uses it again, one call at a time", async () => {
    expect(await run("a", {})).toEqual({ result: { calls: 1, env: "of a", left: true } });
    expect(await run("a", {})).toEqual({ result: { calls: 2, env: "of a", left: true } });
    expect(await run("b", {})).toEqual({ result: { calls: 1, env: "of b", left: true } });
  });

  it("loads a bundle that is a module", async () => {
    expect(await run("a", {}, "module.mjs")).toEqual({ result: "of a module" });
  });

  it("requires a bundle that is no module, as Lambda does: whatever it exports in the end counts", async () => {
    expect(await run("a", {}, "computed.js")).toEqual({ result: "of a script" });
  });

  it("answers nothing with null", async () => {
    expect(await run("a", { what: "nothing" })).toEqual({ result: null });
  });

  it("tells an error by its name", async () => {
    expect(await run("a", { what: "fail" })).toEqual({
      error: { errorType: "CapacityError", errorMessage: "none to be had" },
    });
  });

  it("ends a call at the function's time-out, and the environment with it", async () => {
    await run("a", {}, "good", 1);
    expect(await run("a", { ms: 5_000 }, "good", 1)).toMatchObject({
      error: { errorType: "Sandbox.Timedout" },
    });
    expect(await run("a", {}, "good", 1)).toMatchObject({ result: { calls: 1 } });
  });

  it("fails the call whose environment ends, and goes on", async () => {
    expect(await run("a", { what: "exit" })).toMatchObject({ error: { errorType: "Runtime.ExitError" } });
    expect(await run("a", {})).toMatchObject({ result: { calls: 1 } });
  });

  it("fails the calls of a bundle that cannot be loaded", async () => {
    const outcomes = await Promise.all([run("a", {}, "bad"), run("a", {}, "bad")]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ error: { errorMessage: expect.stringContaining("cannot be loaded") } });
    }
  });

  it("serves more calls and functions than it has workers, all of them", async () => {
    const keys = ["a", "b", "c", "d"];
    const calls = Array.from({ length: 40 }, (_, index) => run(keys[index % 4]!, { ms: 5 }));
    const outcomes = await Promise.all(calls);
    expect(outcomes.every((outcome) => "result" in outcome)).toBe(true);
    const most = Math.max(
      ...outcomes.map((outcome) => ("result" in outcome ? (outcome.result as { calls: number }).calls : 0)),
    );
    expect(most).toBeGreaterThan(1);
  });

  it("keeps its environments when every function wants more of them at once: it loads none in another's place", async () => {
    const keys = ["a", "b", "c"];
    const calls = Array.from({ length: 150 }, (_, index) => run(keys[index % 3]!, { ms: 2 }));
    const firstCalls = (await Promise.all(calls)).filter(
      (outcome) => "result" in outcome && (outcome.result as { calls: number }).calls === 1,
    );
    // One for each of the three workers: no environment was loaded twice.
    expect(firstCalls).toHaveLength(3);
  });

  it("gives a function that has fewer environments some of one that has more and does not use them", async () => {
    pool = new WorkerPool(script, { workers: 4, workersPerFunction: 4 }, () => undefined);
    const many = (key: string) => Promise.all(Array.from({ length: 12 }, () => run(key, { ms: 400 })));
    const environments = (outcomes: Awaited<ReturnType<typeof many>>): number =>
      outcomes.filter((outcome) => "result" in outcome && (outcome.result as { calls: number }).calls === 1)
        .length;
    expect(environments(await many("a"))).toBe(4);
    expect(environments(await many("b"))).toBe(2);
  });

  it("hands on what a function prints", async () => {
    await run("a", { what: "print" });
    await new Promise((next) => setTimeout(next, 100));
    expect(output).toContain("printed");
  });
});
