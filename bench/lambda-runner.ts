/**
 * The time that the Lambda runner's handler adds: from the invocation to gitlab-runner's first request, and from the
 * job's last report to the return, cleanup included. Run: `npx tsx bench/lambda-runner.ts [rounds]`
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { installedRunner, runnerPath } from "../tests/gitlab-runner/binary";
import { LambdaRunner } from "../tests/gitlab-runner/lambda-runner";
import { RunnerUnderTest } from "../tests/gitlab-runner/runner-under-test";

const ROUNDS = Number(process.argv[2] ?? 20);
const LIMIT_MILLISECONDS = 1_000;

const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};

const row = (name: string, values: readonly number[]): Record<string, string> => ({
  what: name,
  "p50 ms": percentile(values, 0.5).toFixed(0),
  "p95 ms": percentile(values, 0.95).toFixed(0),
  "max ms": Math.max(...values).toFixed(0),
});

/** Runs one job by the handler: time to the first request, and time from the last report to the return. */
const byHandler = async (binary: string, jobId: number): Promise<readonly [number, number]> => {
  const runner = await LambdaRunner.open({ binary });
  runner.gitlab.push({ id: jobId, script: ["echo hello"] });
  const start = performance.now();
  await runner.invoke(jobId);
  const end = performance.now();
  const [first] = runner.gitlab.seen;
  const last = runner.gitlab.seen.at(-1);
  await runner.close();
  return [(first?.at ?? Number.NaN) - start, end - (last?.at ?? Number.NaN)];
};

/** Runs the same command without the handler. */
const bare = async (binary: string): Promise<number> => {
  const runner = new RunnerUnderTest({ path: binary, scale: 1 });
  await runner.gitlab.start();
  runner.gitlab.push({ id: 1, script: ["echo hello"] });
  const start = performance.now();
  await runner.start();
  await runner.ended();
  const at = (runner.gitlab.seen[0]?.at ?? Number.NaN) - start;
  await runner.close();
  return at;
};

const bundle = (): void => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const outfile = join(folder, "handler.js");
  const entryPoints = [resolve(__dirname, "../LambdaShellRunner/src/handler.ts")];
  buildSync({
    entryPoints,
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    minify: true,
    mainFields: ["module", "main"],
  });
  const script = `const t = performance.now(); require(${JSON.stringify(outfile)}); console.log(performance.now() - t); process.exit(0)`;
  const env = { ...process.env, BOOTSTRAP_TABLE: "x", TENANT_ISOLATION: "on", AWS_REGION: "eu-west-1" };
  const times = Array.from({ length: 5 }, () =>
    Number(execFileSync(process.execPath, ["-e", script], { env, stdio: ["ignore", "pipe", "ignore"] })),
  );
  console.log(
    `bundle ${(statSync(outfile).size / 1024).toFixed(0)} KiB, import p50 ${percentile(times, 0.5).toFixed(0)} ms`,
  );
  rmSync(folder, { recursive: true });
};

const main = async (): Promise<void> => {
  const real = installedRunner();
  const binary = real.path ?? runnerPath();
  console.log(real.path ? `gitlab-runner: ${real.path}` : `the stand-in, because there is ${real.reason}`);
  const write = process.stdout.write.bind(process.stdout);
  const bares: number[] = [];
  const handlers: (readonly [number, number])[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    bares.push(await bare(binary));
    // The handler's log lines are not shown.
    process.stdout.write = () => true;
    handlers.push(await byHandler(binary, round));
    process.stdout.write = write;
  }
  const starts = handlers.map(([start]) => start);
  const ends = handlers.map(([, end]) => end);
  console.table([
    row("gitlab-runner alone, start to first request", bares),
    row("handler, invoke to first request", starts),
    row("handler, last report to return", ends),
  ]);
  bundle();
  const isFast = percentile(starts, 0.95) < LIMIT_MILLISECONDS && percentile(ends, 0.95) < LIMIT_MILLISECONDS;
  console.log(isFast ? "both under 1 s" : "slower than 1 s");
  process.exit(isFast ? 0 : 1);
};

main();
