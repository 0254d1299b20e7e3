import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Mutant } from "./mutants";

/**
 * How a fault ended. `invalid`: it is no program any more, Jest came to no end, or the test that failed does so without the
 * fault as well, so it says nothing. `timed-out`: no
 * test had failed when the time was over; it counts as not caught.
 */
export type MutantVerdict =
  | "caught"
  | "caught-by-lint"
  | "caught-by-compiler"
  | "survived"
  | "timed-out"
  | "invalid";

/** The verdict counts for the fault. */
export const isCaught = (verdict: MutantVerdict): boolean => verdict.startsWith("caught");

/** What a stopped run has found so far. */
export interface KeptVerdicts {
  readonly get: (mutant: Mutant) => MutantVerdict | undefined;
  readonly add: (mutant: Mutant, verdict: MutantVerdict) => void;
}

/** Another text of the file is another mutant. */
const keyOf = (root: string, { file, start, end, text }: Mutant): string =>
  createHash("sha256")
    .update(readFileSync(join(root, file)))
    .update(JSON.stringify([file, start, end, text]))
    .digest("hex");

/** With how many test files at most. */
interface Kept {
  readonly verdict: MutantVerdict;
  readonly nearest: number;
}

const readKept = (path: string): ReadonlyMap<string, Kept> => {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [key, verdict, nearest]: [string, MutantVerdict, number] = JSON.parse(line);
      return [key, { verdict, nearest }];
    }),
  );
};

/** What is caught by few tests is caught by more. What is not may be. */
const counts = ({ verdict, nearest }: Kept, wanted: number): boolean =>
  isCaught(verdict) || nearest >= wanted;

/**
 * Verdicts in `.local/mutants.jsonl`, a line for each as soon as it is known.
 *
 * @param mutants of the files as they are now: they may change while the copy is tried
 */
export const keptVerdicts = (root: string, mutants: readonly Mutant[], nearest: number): KeptVerdicts => {
  const path = join(root, ".local/mutants.jsonl");
  mkdirSync(dirname(path), { recursive: true });
  const kept = readKept(path);
  const keys = new Map(mutants.map((mutant) => [mutant, keyOf(root, mutant)]));
  return {
    get: (mutant) => {
      const found = kept.get(keys.get(mutant) ?? "");
      return found !== undefined && counts(found, nearest) ? found.verdict : undefined;
    },
    add: (mutant, verdict) => {
      if (verdict === "invalid") return;
      appendFileSync(path, `${JSON.stringify([keys.get(mutant), verdict, nearest])}\n`);
    },
  };
};
