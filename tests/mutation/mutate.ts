/**
 * Puts faults at random into the production code, one at a time, and says which of them no test caught.
 *
 * `npm run mutate -- --mutants 30 [--seed 7] [--under AutoScaler/src/stop]`. It works in a copy, so nothing here is
 * changed. `--list` only names the mutants. For each the ten nearest test files run, the cheapest of them first, until
 * one fails; what survives is linted and compiled. So the score is the least that it can be: `--nearest 9999` runs all
 * that reach the fault, for as long as `--seconds`. `--slice 1/4` tries the first of four parts. Verdicts are kept in
 * `.local/mutants.jsonl`: a stopped run goes on where it was, and only what has changed is tried again, or what survived
 * fewer tests. `--again` tries all that survived once more.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCopy } from "./copy";
import { type Mutant, readMutants } from "./mutants/mutants";
import { sample } from "./mutants/sample";
import { endTests } from "./mutants/test-process";
import { isAwaited, isCompiled, tryMutant } from "./mutants/try-mutant";
import { isCaught, type KeptVerdicts, keptVerdicts, type MutantVerdict } from "./mutants/verdicts";
import { sliceOf } from "./slice";

const ROOT = join(__dirname, "../..");

const { values } = parseArgs({
  options: {
    mutants: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    seconds: { type: "string", default: "240" },
    under: { type: "string", default: "" },
    nearest: { type: "string", default: "10" },
    slice: { type: "string", default: "1/1" },
    again: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});
const nearest = Number(values.nearest);
const trial = { seconds: Number(values.seconds), nearest };

/** A verdict of an earlier run, where it is still wanted. */
const known = (kept: KeptVerdicts, mutant: Mutant): MutantVerdict | undefined => {
  const verdict = kept.get(mutant);
  return verdict !== undefined && values.again && !isCaught(verdict) ? undefined : verdict;
};

const onOneLine = (text: string): string => text.replace(/\s+/g, " ").slice(0, 60);

const describe = (verdict: MutantVerdict | "listed", { file, line, kind, was, text }: Mutant): string =>
  `${verdict.padEnd(18)} ${file}:${line} ${kind}: ${onOneLine(was)} → ${onOneLine(text)}`;

const verdictOf = async (folder: string, kept: KeptVerdicts, mutant: Mutant): Promise<MutantVerdict> => {
  const before = known(kept, mutant);
  if (before !== undefined) return before;
  const verdict = await tryMutant(folder, mutant, trial);
  kept.add(mutant, verdict);
  return verdict;
};

const tryAll = async (folder: string, mutants: readonly Mutant[]): Promise<readonly MutantVerdict[]> => {
  const kept = keptVerdicts(ROOT, mutants, nearest);
  const verdicts: MutantVerdict[] = [];
  for (const mutant of mutants) {
    const verdict = await verdictOf(folder, kept, mutant);
    verdicts.push(verdict);
    console.log(describe(verdict, mutant));
  }
  return verdicts;
};

const report = (verdicts: readonly MutantVerdict[], minutes: number): void => {
  const valid = verdicts.filter((verdict) => verdict !== "invalid");
  const caught = valid.filter(isCaught);
  const score = Math.round((100 * caught.length) / valid.length);
  console.log(
    `${caught.length} of ${valid.length} caught: ${score} %, in ${minutes} minutes, seed ${values.seed}`,
  );
};

const stop = (folder: string): void => {
  endTests();
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
};

const main = async (): Promise<void> => {
  const all = readMutants(ROOT).filter(({ file }) => file.startsWith(values.under));
  const mutants = sliceOf(sample(all, Number(values.mutants), Number(values.seed)), values.slice);
  console.log(`${mutants.length} of ${all.length} mutants, seed ${values.seed}`);
  if (values.list) {
    for (const mutant of mutants) console.log(describe("listed", mutant));
    return;
  }
  const begun = Date.now();
  const folder = makeCopy(ROOT);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(folder));
  try {
    if (!(await isAwaited(folder, "Core"))) throw new Error("The lint finds something in Core as it is");
    if (!(await isCompiled(folder))) throw new Error("The project does not compile as it is");
    report(await tryAll(folder, mutants), Math.round((Date.now() - begun) / 60_000));
  } finally {
    endTests();
    rmSync(folder, { recursive: true, force: true });
  }
};

main();
