/**
 * The cost of each function's cold start: it is bundled as in the templates, loaded and called twice, with a GitLab
 * that answers in 100 ms. The same run measures a bundle of one official client, and the functions of an older version.
 *
 *   npm run bench -- [--samples 21] [--before REVISION]     exit 1 when a bar is missed
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import Table from "cli-table3";
import { build } from "esbuild";
import { environment, INPUTS } from "../calls";
import { answeringServices } from "./answering-services";
import { type Bundle, bundleFunctions, bundleReference } from "./bundle-functions";
import {
  type AllFigures,
  type AllSamples,
  type Bar,
  measuredBars,
  START_PATHS,
  wholePaths,
} from "./cold-start-bars";
import type { Sample } from "./measure-function";
import { bundleVersion } from "./version-before";

const { values } = parseArgs({
  options: { samples: { type: "string", default: "21" }, before: { type: "string", default: "f78ad80" } },
});
const SAMPLES = Number(values.samples);
/** Rounds more for a figure near its bar, for each of the first. */
const LONGER = 2;
const ON_START_PATHS = new Set<string>(START_PATHS.flat());
const GITLAB_MILLISECONDS = 100;
const TIMEOUT_MILLISECONDS = 30_000;
const run = promisify(execFile);

/** Bundles by the name of their row in the table. */
type Rows = ReadonlyMap<string, Bundle>;

const sampleOf = async (measure: string, { path, name }: Bundle, url: string): Promise<Sample> => {
  const env = { PATH: process.env.PATH, ...environment(url) };
  const args = [measure, path, JSON.stringify(INPUTS[name] ?? null), String(GITLAB_MILLISECONDS)];
  const { stdout } = await run(process.execPath, args, { env, timeout: TIMEOUT_MILLISECONDS });
  return JSON.parse(stdout);
};

/** Measures rows in rounds, so that other load on the machine affects all rows alike. */
const measureRounds = async (
  measure: string,
  rows: Rows,
  url: string,
  rounds: number,
): Promise<AllSamples> => {
  const samples = new Map<string, Sample[]>([...rows.keys()].map((row) => [row, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [row, bundle] of rows) samples.get(row)?.push(await sampleOf(measure, bundle, url));
  }
  return samples;
};

/** The start paths of an older version; none, with a printed reason, when it can no longer be bundled. */
const rowsBefore = async (folder: string): Promise<Rows> => {
  try {
    mkdirSync(folder);
    const bundles = await bundleVersion(folder, values.before);
    const onPath = bundles.filter(({ name }) => ON_START_PATHS.has(name));
    return new Map(onPath.map((bundle) => [`${bundle.name} before`, bundle]));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    console.log(`Not compared with ${values.before}: ${reason}`);
    return new Map();
  }
};

const onlyOf = (rows: Rows, names: ReadonlySet<string>): Rows =>
  new Map([...rows].filter(([row]) => names.has(row)));

const printFigures = (rows: Rows, figures: AllFigures): void => {
  const head = [
    "function",
    "kB",
    "load at init ms",
    "whole first call ms",
    "on the critical path ms",
    "ended",
  ];
  const table = new Table({ style: { head: [], border: [], compact: true }, head });
  for (const [row, { load, whole, critical, outcome }] of figures) {
    const numbers = [load, whole, critical].map((value) => value.toFixed(1));
    table.push([row, rows.get(row)?.kilobytes ?? "", ...numbers, outcome.slice(0, 60)]);
  }
  console.log(table.toString());
};

const printBars = (bars: readonly Bar[], figures: AllFigures): boolean => {
  for (const { says, ratio, most } of bars)
    console.log(`${ratio <= most ? "ok    " : "MISSED"} ${says}: ${ratio.toFixed(2)}, at most ${most}`);
  for (const { says, ratio } of wholePaths(figures)) console.log(`no bar ${says}: ${ratio.toFixed(2)}`);
  return bars.every(({ ratio, most }) => ratio <= most);
};

const printConditions = (): void => {
  const [busy = 0] = loadavg();
  if (busy > cpus().length)
    console.log(
      `This machine is busy (load ${busy.toFixed(1)} on ${cpus().length} cores): the times are too long.`,
    );
  console.log(
    `Least of ${SAMPLES}, near a bar of ${(1 + LONGER) * SAMPLES}, in processor time, Node ${process.version}. Whole: load and first call, over a later call. On the critical path: without what is done while GitLab answers, in ${GITLAB_MILLISECONDS} ms.`,
  );
};

const main = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "glr-bench-"));
  const services = await answeringServices(GITLAB_MILLISECONDS);
  try {
    const measure = join(folder, "measure-function.cjs");
    const entry = join(__dirname, "measure-function.ts");
    await build({
      entryPoints: [entry],
      outfile: measure,
      platform: "node",
      format: "cjs",
      logLevel: "error",
    });
    const references = await Promise.all([
      bundleReference(folder, "dynamodb"),
      bundleReference(folder, "ssm"),
    ]);
    const bundles = [...references, ...(await bundleFunctions(folder))];
    const before = await rowsBefore(join(folder, "before"));
    const rows = new Map([...bundles.map((bundle) => [bundle.name, bundle] as const), ...before]);
    const { bars, figures } = await measuredBars((only) =>
      only === undefined
        ? measureRounds(measure, rows, services.url, SAMPLES)
        : measureRounds(measure, onlyOf(rows, only), services.url, LONGER * SAMPLES),
    );
    printFigures(rows, figures);
    process.exitCode = printBars(bars, figures) ? 0 : 1;
    printConditions();
  } finally {
    services.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

void main();
