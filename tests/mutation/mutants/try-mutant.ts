import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { defined } from "../../../Core/defined";
import type { Mutant } from "./mutants";

/**
 * How a fault ended. `invalid`: it is no program any more, or Jest came to no end, so it says nothing. `timed-out`: no
 * test had failed when the time was over; it counts as not caught.
 */
export type MutantVerdict = "caught" | "caught-by-compiler" | "survived" | "timed-out" | "invalid";

type Ended = "passed" | "failed" | "timed-out";

let running: ChildProcess | undefined;

/** Ends what runs now, with all that it has started. */
export const endTests = (): void => {
  if (running?.pid !== undefined) process.kill(-running.pid, "SIGKILL");
};

/** Runs a command in a process group of its own, which ends whole when the time is over. */
const run = (
  folder: string,
  parameters: readonly string[],
  seconds: number,
  { file, nearest }: { readonly file: string; readonly nearest: number },
): Promise<Ended> => {
  const child = spawn(process.execPath, parameters, {
    cwd: folder,
    detached: true,
    stdio: "ignore",
    env: { ...process.env, MUTATED_FILE: file, NEAREST: String(nearest) },
  });
  running = child;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve("timed-out");
      endTests();
    }, seconds * 1000);
    child.once("exit", (code) => {
      running = undefined;
      clearTimeout(timer);
      resolve(code === 0 ? "passed" : "failed");
    });
  });
};

/** How a fault is tried. */
export interface Trial {
  /** After which it counts as not caught. */
  readonly seconds: number;
  /** How many test files run at most. */
  readonly nearest: number;
}

interface Tests {
  readonly ended: Ended;
  /** The test file that failed. */
  readonly failed?: string;
}

const REPORT = "jest-report.json";

/** Undefined: Jest itself came to no end. */
const failedFile = (folder: string): string | undefined => {
  const path = join(folder, REPORT);
  if (!existsSync(path)) return undefined;
  const { testResults } = JSON.parse(readFileSync(path, "utf8"));
  return testResults.find(({ status }: { readonly status: string }) => status === "failed")?.name;
};

const runTests = async (
  folder: string,
  which: readonly string[],
  file: string,
  { seconds, nearest }: Trial,
): Promise<Tests> => {
  const options = [
    [
      "node_modules/jest/bin/jest.js",
      "--selectProjects=unit",
      "--runInBand",
      "--bail=1",
      "--passWithNoTests",
    ],
    [`--testSequencer=${join(__dirname, "nearest-first.cjs")}`, "--json", `--outputFile=${REPORT}`],
    [`--env=${join(folder, "tests/mutation/ends-at-first-failure.cjs")}`],
  ];
  rmSync(join(folder, REPORT), { force: true });
  const ended = await run(folder, [...options.flat(), ...which], seconds, { file, nearest });
  return { ended, ...defined({ failed: ended === "failed" ? failedFile(folder) : undefined }) };
};

/** Test files that pass without a fault, as far as that was asked. */
const sound = new Map<string, boolean>();

/** A test that fails without a fault as well shows nothing, and the copy is not fit to try faults in. */
const checkIsSound = async (folder: string, test: string, trial: Trial): Promise<void> => {
  if (!sound.has(test)) {
    const { ended } = await runTests(folder, ["--runTestsByPath", test], test, trial);
    sound.set(test, ended === "passed");
  }
  if (!sound.get(test)) throw new Error(`${test} does not pass without a fault, so it shows none`);
};

/** The types are checked last, since that takes longer than a test and few faults need it. */
export const isCompiled = async (folder: string): Promise<boolean> => {
  // A variable that a fault leaves unused is no sign of a test.
  const options = ["--noEmit", "--noUnusedLocals", "false", "--noUnusedParameters", "false", "-p", "."];
  return (
    (await run(folder, ["node_modules/typescript/bin/tsc", ...options], 1_800, { file: "", nearest: 0 })) ===
    "passed"
  );
};

const changed = (text: string, { start, end, text: put }: Mutant): string =>
  text.slice(0, start) + put + text.slice(end);

const withText = async <Result>(
  path: string,
  faulty: string,
  text: string,
  act: () => Promise<Result>,
): Promise<Result> => {
  writeFileSync(path, faulty);
  try {
    return await act();
  } finally {
    writeFileSync(path, text);
  }
};

const isProgram = (text: string): boolean => {
  try {
    transformSync(text, { loader: "ts", logLevel: "silent" });
    return true;
  } catch {
    return false;
  }
};

/** Puts one fault into the copy, runs the tests that reach its file, nearest first, and takes it out again. */
export const tryMutant = async (folder: string, mutant: Mutant, trial: Trial): Promise<MutantVerdict> => {
  const path = join(folder, mutant.file);
  const text = readFileSync(path, "utf8");
  const faulty = changed(text, mutant);
  if (!isProgram(faulty)) return "invalid";
  const tests = await withText(path, faulty, text, () =>
    runTests(folder, ["--findRelatedTests", mutant.file], mutant.file, trial),
  );
  if (tests.failed !== undefined) {
    await checkIsSound(folder, tests.failed, trial);
    return "caught";
  }
  if (tests.ended === "failed") return "invalid";
  if (!(await withText(path, faulty, text, () => isCompiled(folder)))) return "caught-by-compiler";
  return tests.ended === "passed" ? "survived" : "timed-out";
};
