/**
 * Shows that the tests find faults. First it applies every patch of `patches/` to a copy of the project, where the test
 * that the patch names must fail. Then Stryker mutates Core and the rules of all stages.
 *
 * `npm run mutation` runs both. A part of it: `npm run mutation -- --patches`, some of them by `--name PART …`, or the
 * first of four parts by `--slice 1/4`; `-- --stryker`, some files by `--mutate 'Core/routing/**\/*.ts'`. Stryker keeps
 * its results in `.local/stryker` and tries again only faults in code that changed or that a test with a new title
 * reaches; `--force` tries all. `--tests Core/routing,Core/model` runs the tests of these folders alone: much sooner
 * done, and the least that the score can be.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCopy } from "./copy";
import { readPatches } from "./patch";
import { sliceOf } from "./slice";
import { problemsWithoutPatches, tryPatch } from "./try-patch";

const ROOT = join(__dirname, "../..");

const { values } = parseArgs({
  options: {
    patches: { type: "boolean", default: false },
    stryker: { type: "boolean", default: false },
    slice: { type: "string", default: "1/1" },
    name: { type: "string", multiple: true, default: [""] },
    mutate: { type: "string" },
    tests: { type: "string" },
    force: { type: "boolean", default: false },
  },
});

/** @returns the number of patches whose fault no test found */
const tryPatches = (): number => {
  const named = readPatches().filter(({ name }) => values.name.some((part) => name.includes(part)));
  const patches = sliceOf(named, values.slice);
  const folder = makeCopy(ROOT);
  let missed = 0;
  try {
    const problemsBefore = problemsWithoutPatches(patches, folder);
    for (const patch of patches) {
      const problem = problemsBefore.get(patch) ?? tryPatch(patch, folder);
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
  const env = { ...process.env, ...(values.tests === undefined ? {} : { MUTATION_TESTS: values.tests }) };
  return spawnSync(process.execPath, [stryker, ...options], { cwd: ROOT, env, stdio: "inherit" }).status ?? 1;
};

const isAll = !values.patches && !values.stryker;
const missed = isAll || values.patches ? tryPatches() : 0;
const status = isAll || values.stryker ? runStryker(values.mutate, values.force) : 0;
process.exitCode = missed > 0 ? 1 : status;
