import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FaultPatch } from "./patch";

const run = (command: string, parameters: readonly string[], cwd: string) =>
  spawnSync(command, parameters, { cwd, encoding: "utf8", maxBuffer: 2 ** 28 });

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** One test of Jest's report. */
interface Ended {
  /** The test file's path. */
  readonly file: string;
  readonly fullName: string;
  readonly status: string;
}

interface TestRun {
  readonly ended: readonly Ended[];
  readonly output: string;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly Omit<Ended, "file">[];
  }[];
}

/**
 * Runs the tests that patches name; each has a time-out of its own.
 *
 * @throws Error when Jest comes to no end, which says nothing of a patch
 */
const runTests = (patches: readonly FaultPatch[], folder: string, options: readonly string[]): TestRun => {
  const jest = join(folder, "node_modules/jest/bin/jest.js");
  const titles = patches.map(({ title }) => escaped(title)).join("|");
  const files = [...new Set(patches.map(({ test }) => test))];
  const wanted = ["--selectProjects=unit", "--json", "-t", titles, ...options, "--runTestsByPath", ...files];
  // Not to stdout, where the code under test writes its log.
  const report = join(folder, "jest-report.json");
  rmSync(report, { force: true });
  const { stderr } = run(process.execPath, [jest, `--outputFile=${report}`, ...wanted], folder);
  if (!existsSync(report)) throw new Error(`Jest wrote no report: ${stderr}`);
  const { testResults }: Report = JSON.parse(readFileSync(report, "utf8"));
  const ended = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((result) => ({ ...result, file: name })),
  );
  return { ended, output: stderr };
};

const ofPatch = ({ ended }: TestRun, { test, title }: FaultPatch): readonly Ended[] =>
  ended.filter(({ file, fullName }) => file.endsWith(test) && fullName.includes(title));

/**
 * Runs the tests of all patches without any, since a test that fails anyhow shows nothing.
 *
 * @returns what is wrong with a patch's test; without those that pass
 */
export const problemsWithoutPatches = (
  patches: readonly FaultPatch[],
  folder: string,
): ReadonlyMap<FaultPatch, string> => {
  const before = runTests(patches, folder, []);
  const problemOf = (patch: FaultPatch): string | undefined => {
    const statuses = ofPatch(before, patch).map(({ status }) => status);
    if (statuses.includes("failed")) return `its test fails without the patch:\n${before.output}`;
    return statuses.includes("passed") ? undefined : `no test has "${patch.title}" in its title`;
  };
  return new Map(
    patches.flatMap((patch) => {
      const problem = problemOf(patch);
      return problem === undefined ? [] : [[patch, problem] as const];
    }),
  );
};

/** @returns what is wrong with a patch or its test; undefined when the test finds the fault */
export const tryPatch = (patch: FaultPatch, folder: string): string | undefined => {
  const applied = run("patch", ["-p1", "--silent", "-i", patch.file], folder);
  if (applied.status !== 0) return `the patch does not apply any more: ${applied.stdout}${applied.stderr}`;
  const firstFailure = `--env=${join(folder, "tests/mutation/ends-at-first-failure.cjs")}`;
  const failed = ofPatch(runTests([patch], folder, [firstFailure]), patch).filter(
    ({ status }) => status === "failed",
  );
  run("patch", ["-p1", "--silent", "-R", "-i", patch.file], folder);
  return failed.length > 0 ? undefined : "no test failed";
};
