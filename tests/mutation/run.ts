/**
 * Shows that the tests find faults. First it applies every patch of `patches/` to a copy of the project, where the test
 * that the patch names must fail. Then Stryker mutates Core and the rules of all stages.
 *
 * `npm run mutation` runs both. A part of it: `npm run mutation -- --patches`, some of them by `--name PART …`; or
 * `-- --stryker`, some files by `--mutate 'Core/routing/**\/*.ts'`. Stryker keeps its results in `.local/stryker` and tries
 * again only faults in code that changed or that a test with a new title reaches; `--force` tries all.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCopy } from "./copy";
import { type FaultPatch, readPatches } from "./patch";

const ROOT = join(__dirname, "../..");

const { values } = parseArgs({
  options: {
    patches: { type: "boolean", default: false },
    stryker: { type: "boolean", default: false },
    name: { type: "string", multiple: true, default: [""] },
    mutate: { type: "string" },
    force: { type: "boolean", default: false },
  },
});

const run = (command: string, parameters: readonly string[], cwd: string) =>
  spawnSync(command, parameters, { cwd, encoding: "utf8", timeout: 300_000 });

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

interface TestRun {
  readonly passed: number;
  readonly failed: number;
  readonly output: string;
}

const runTest = ({ test, title }: FaultPatch, folder: string): TestRun => {
  const jest = join(folder, "node_modules/jest/bin/jest.js");
  const options = [test, "--selectProjects", "unit", "--json", "-t", escaped(title)];
  const { stdout, stderr } = run(process.execPath, [jest, ...options], folder);
  const start = stdout.indexOf("{");
  const report = start < 0 ? {} : JSON.parse(stdout.slice(start));
  return { passed: report.numPassedTests ?? 0, failed: report.numFailedTests ?? 0, output: stderr };
};

/** @returns what is wrong with the test, or undefined when it finds the fault */
const tryPatch = (patch: FaultPatch, folder: string): string | undefined => {
  const before = runTest(patch, folder);
  if (before.failed > 0) return `its test fails without the patch:\n${before.output}`;
  if (before.passed === 0) return `no test has "${patch.title}" in its title`;
  const applied = run("patch", ["-p1", "--silent", "-i", patch.file], folder);
  if (applied.status !== 0) return `the patch does not apply any more: ${applied.stdout}${applied.stderr}`;
  const { failed } = runTest(patch, folder);
  run("patch", ["-p1", "--silent", "-R", "-i", patch.file], folder);
  return failed > 0 ? undefined : "no test failed";
};

/** @returns the number of patches whose fault no test found */
const tryPatches = (): number => {
  const patches = readPatches().filter(({ name }) => values.name.some((part) => name.includes(part)));
  const folder = makeCopy(ROOT);
  let missed = 0;
  try {
    for (const patch of patches) {
      const problem = tryPatch(patch, folder);
      if (problem !== undefined) missed += 1;
      console.log(`${problem === undefined ? "caught" : "MISSED"} ${patch.name}: ${patch.why}`);
      if (problem !== undefined) console.log(`       ${problem}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${patches.length - missed} of ${patches.length} patches caught`);
  return missed;
};

/** @returns Stryker's exit code: not 0 below the score that its configuration asks for */
const runStryker = (only: string | undefined, force: boolean): number => {
  const stryker = join(ROOT, "node_modules/@stryker-mutator/core/bin/stryker.js");
  const chosen = [
    ...(only === undefined ? [] : ["--mutate", `${only},!**/*.test.ts`]),
    ...(force ? ["--force"] : []),
  ];
  const options = ["run", join(__dirname, "stryker.config.json"), ...chosen];
  return spawnSync(process.execPath, [stryker, ...options], { cwd: ROOT, stdio: "inherit" }).status ?? 1;
};

const isAll = !values.patches && !values.stryker;
const missed = isAll || values.patches ? tryPatches() : 0;
const status = isAll || values.stryker ? runStryker(values.mutate, values.force) : 0;
process.exitCode = missed > 0 ? 1 : status;
