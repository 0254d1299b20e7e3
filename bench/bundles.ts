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
  /** Load, and what the first call takes longer than one that finds Node's modules loaded. */
  readonly imports: number;
  /** Load, and what the first call takes longer than the second: imports, compiling, connections. */
  readonly whole: number;
  readonly outcome: string;
}

interface Sample {
  readonly load: { readonly wall: number };
  readonly first: { readonly wall: number };
  readonly second: { readonly wall: number };
  readonly imports: readonly string[];
  readonly outcome: string;
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

const folder = mkdtempSync(join(tmpdir(), "glr-bench-"));
const measure = join(folder, "measure-function.cjs");

const oneSample = async (
  path: string,
  name: string,
  url: string,
  known: readonly string[],
): Promise<Sample> => {
  const env = { PATH: process.env.PATH, ...environment(url) };
  const input = JSON.stringify(INPUTS[name] ?? null);
  const args = [measure, path, input, JSON.stringify(known)];
  const { stdout } = await run(process.execPath, args, { env, timeout: TIMEOUT_MILLISECONDS });
  return JSON.parse(stdout);
};

/** Two processes: one that imports as it goes, one that finds loaded what the first call would import. */
const sample = async (path: string, name: string, url: string): Promise<Measured> => {
  const asItGoes = await oneSample(path, name, url, []);
  const prepared = await oneSample(path, name, url, asItGoes.imports);
  const load = asItGoes.load.wall;
  return {
    load,
    imports: load + Math.max(0, asItGoes.first.wall - prepared.first.wall),
    whole: load + Math.max(0, asItGoes.first.wall - asItGoes.second.wall),
    outcome: asItGoes.outcome,
  };
};

const verdict = (whole: number, bar: number | undefined): string =>
  bar === undefined ? "" : `${whole < bar ? "ok" : "MISSED"} < ${bar}`;

const report = (bundles: readonly Bundle[], samples: ReadonlyMap<string, readonly Measured[]>): boolean => {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ["function", "kB", "load ms", "imports ms", "bar", "whole first call ms", "ended"],
  });
  const imports = new Map<string, number>();
  for (const { name, kilobytes } of bundles) {
    const all = samples.get(name) ?? [];
    const of = (kind: "load" | "imports" | "whole"): number => median(all.map((one) => one[kind]));
    imports.set(name, of("imports"));
    table.push([
      name,
      kilobytes,
      of("load").toFixed(1),
      of("imports").toFixed(1),
      verdict(of("imports"), BARS[name]),
      of("whole").toFixed(1),
      (all[0]?.outcome ?? "").slice(0, 60),
    ]);
  }
  const path = (imports.get("look-up-runner") ?? 0) + (imports.get("start-ec2-runner") ?? 0);
  table.push(["look-up and EC2 start", "", "", path.toFixed(1), verdict(path, BAR_OF_EC2_PATH), "", ""]);
  console.log(table.toString());
  const [busy = 0] = loadavg();
  if (busy > cpus().length)
    console.log(
      `This machine is busy (load ${busy.toFixed(1)} on ${cpus().length} cores): the times are too long.`,
    );
  console.log(`Median of ${SAMPLES}, Node ${process.version}, over an empty file in the same process.`);
  return (
    Object.entries(BARS).every(([name, bar]) => (imports.get(name) ?? 0) < bar) && path < BAR_OF_EC2_PATH
  );
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
        const { load, imports, whole, outcome } = await sample(path, name, world.url);
        const over = {
          load: load - bare.load,
          imports: imports - bare.imports,
          whole: whole - bare.whole,
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
