/**
 * What each function costs at a cold start over bare Node: bundled as the templates say, loaded, called once.
 *
 *   npx tsx bench/bundles.ts [samples]     exit 1 when a bar is missed
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Table from "cli-table3";
import { build } from "esbuild";
import { answeringWorld } from "./answering-world";
import { type Bundle, bundleFunctions } from "./bundle-functions";
import { environment, INPUTS } from "./calls";

const run = promisify(execFile);
const SAMPLES = Number(process.argv[2] ?? 9);
const TIMEOUT_MILLISECONDS = 30_000;

/** Milliseconds. */
const BARS: Readonly<Record<string, number>> = {
  "authorize-webhook": 45,
  "look-up-runner": 120,
  "start-lambda-runner": 120,
  "start-ec2-runner": 120,
};
const BAR_OF_EC2_PATH = 200;

/** Milliseconds over bare Node. */
interface Measured {
  readonly load: number;
  /** Load and what the first call took longer than the second. */
  readonly whole: number;
  readonly processor: number;
  readonly outcome: string;
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

const folder = mkdtempSync(join(tmpdir(), "glr-bench-"));
const measure = join(folder, "measure-function.cjs");

const sample = async (path: string, name: string, url: string): Promise<Measured> => {
  const env = { PATH: process.env.PATH, ...environment(url) };
  const input = JSON.stringify(INPUTS[name] ?? null);
  const { stdout } = await run(process.execPath, [measure, path, input], {
    env,
    timeout: TIMEOUT_MILLISECONDS,
  });
  const { load, first, second, outcome } = JSON.parse(stdout);
  const whole = (kind: "wall" | "processor"): number => load[kind] + Math.max(0, first[kind] - second[kind]);
  return { load: load.wall, whole: whole("wall"), processor: whole("processor"), outcome };
};

const verdict = (whole: number, bar: number | undefined): string =>
  bar === undefined ? "" : `${whole < bar ? "ok" : "MISSED"} < ${bar}`;

const report = (bundles: readonly Bundle[], samples: ReadonlyMap<string, readonly Measured[]>): boolean => {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ["function", "kB", "load ms", "with first call ms", "processor ms", "bar", "ended"],
  });
  const whole = new Map<string, number>();
  for (const { name, kilobytes } of bundles) {
    const all = samples.get(name) ?? [];
    const [load, total] = [median(all.map((one) => one.load)), median(all.map((one) => one.whole))];
    whole.set(name, total);
    table.push([
      name,
      kilobytes,
      load.toFixed(1),
      total.toFixed(1),
      median(all.map((one) => one.processor)).toFixed(1),
      verdict(total, BARS[name]),
      (all[0]?.outcome ?? "").slice(0, 60),
    ]);
  }
  const path = (whole.get("look-up-runner") ?? 0) + (whole.get("start-ec2-runner") ?? 0);
  table.push(["look-up and EC2 start", "", "", path.toFixed(1), "", verdict(path, BAR_OF_EC2_PATH), ""]);
  console.log(table.toString());
  const [busy = 0] = loadavg();
  if (busy > cpus().length)
    console.log(
      `This machine is busy (load ${busy.toFixed(1)} on ${cpus().length} cores): the times are too long.`,
    );
  console.log(`Median of ${SAMPLES}, Node ${process.version}, over an empty file in the same process.`);
  return Object.entries(BARS).every(([name, bar]) => (whole.get(name) ?? 0) < bar) && path < BAR_OF_EC2_PATH;
};

const main = async (): Promise<void> => {
  const world = await answeringWorld();
  try {
    const entry = join(__dirname, "measure-function.ts");
    await build({
      entryPoints: [entry],
      outfile: measure,
      platform: "node",
      format: "cjs",
      logLevel: "error",
    });
    const empty = join(folder, "empty.js");
    writeFileSync(empty, "exports.handler = async () => undefined;");
    const bundles = await bundleFunctions(folder);
    const samples = new Map<string, Measured[]>();
    for (let round = 0; round < SAMPLES; round += 1) {
      const bare = await sample(empty, "empty", world.url);
      for (const { name, path } of bundles) {
        const { load, whole, processor, outcome } = await sample(path, name, world.url);
        const over = {
          load: load - bare.load,
          whole: whole - bare.whole,
          processor: processor - bare.processor,
          outcome,
        };
        samples.set(name, [...(samples.get(name) ?? []), over]);
      }
    }
    process.exitCode = report(bundles, samples) ? 0 : 1;
  } finally {
    world.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

void main();
