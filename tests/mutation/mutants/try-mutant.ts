import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import type { Mutant } from "./mutants";
import { runTests, type TestsEnd } from "./test-process";
import type { MutantVerdict } from "./verdicts";

/** How a fault is tried. */
export interface Trial {
  /** After which it counts as not caught. */
  readonly seconds: number;
  /** How many test files run at most. */
  readonly nearest: number;
}

/** Test files that pass without a fault, as far as that was asked. */
const sound = new Map<string, boolean>();

/** A test that fails without a fault as well shows nothing. */
const isSound = async (folder: string, test: string, { seconds }: Trial): Promise<boolean> => {
  const known = sound.get(test);
  if (known !== undefined) return known;
  const passes = (await runTests(folder, { test }, seconds)).ended === "passed";
  if (!passes) console.error(`${test} does not pass without a fault: what fails there counts for nothing`);
  sound.set(test, passes);
  return passes;
};

const succeeds = (folder: string, program: string, options: readonly string[]): Promise<boolean> => {
  const child = spawn(process.execPath, [join(folder, "node_modules", program), ...options], {
    cwd: folder,
    stdio: "ignore",
  });
  return new Promise((resolve) => child.once("exit", (code) => resolve(code === 0)));
};

/** The types are checked last, since that takes longer than a test and few faults need it. */
export const isCompiled = (folder: string): Promise<boolean> =>
  // A variable that a fault leaves unused is no sign of a test.
  succeeds(folder, "typescript/bin/tsc", [
    ...["--noEmit", "--noUnusedLocals", "false", "--noUnusedParameters", "false", "-p", "."],
  ]);

/** No promise is left alone in a file or folder. The other rules of the lint say nothing of what the code does. */
export const isAwaited = (folder: string, file: string): Promise<boolean> =>
  succeeds(folder, "@biomejs/biome/bin/biome", [
    ...["lint", "--only=nursery/noFloatingPromises", "--error-on-warnings", file],
  ]);

const changed = (text: string, { start, end, text: put }: Mutant): string =>
  text.slice(0, start) + put + text.slice(end);

const isProgram = (text: string): boolean => {
  try {
    transformSync(text, { loader: "ts", logLevel: "silent" });
    return true;
  } catch {
    return false;
  }
};

/** Ends of tests that say nothing yet. */
const VERDICTS = { passed: "survived", "timed-out": "timed-out", died: "invalid" } as const;

const verdictOf = async (folder: string, tests: TestsEnd, file: string): Promise<MutantVerdict> => {
  if (tests.ended === "failed") return "caught";
  if (!(await isAwaited(folder, file))) return "caught-by-lint";
  return (await isCompiled(folder)) ? VERDICTS[tests.ended] : "caught-by-compiler";
};

/** Puts one fault into the copy, runs the tests that reach its file, nearest first, and takes it out again. */
export const tryMutant = async (folder: string, mutant: Mutant, trial: Trial): Promise<MutantVerdict> => {
  const path = join(folder, mutant.file);
  const text = readFileSync(path, "utf8");
  const faulty = changed(text, mutant);
  if (!isProgram(faulty)) return "invalid";
  writeFileSync(path, faulty);
  const choice = { file: mutant.file, nearest: trial.nearest };
  const tests = await runTests(folder, choice, trial.seconds);
  const verdict = await verdictOf(folder, tests, mutant.file);
  writeFileSync(path, text);
  return tests.ended !== "failed" || (await isSound(folder, tests.by, trial)) ? verdict : "invalid";
};
