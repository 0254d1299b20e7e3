/**
 * Puts faults at random into the production code, one at a time, and says which of them no test caught.
 *
 * `npm run mutate -- --mutants 30 [--seed 7] [--seconds 240] [--under AutoScaler/src/stop]`. It works in a copy, so nothing
 * here is changed. `--list` only names the mutants. About half a minute for each on a machine with nothing else to
 * do; what survives takes up to `--seconds`, and is then compiled. With `--nearest 6` only the six test files nearest
 * to the fault run, which is quicker, and the score is the least that it can be.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCopy } from "./copy";
import { type Mutant, readMutants } from "./mutants/mutants";
import { randomOf, sample } from "./mutants/sample";
import { endTests, isCompiled, type MutantVerdict, tryMutant } from "./mutants/try-mutant";

const ROOT = join(__dirname, "../..");

const { values } = parseArgs({
  options: {
    mutants: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    seconds: { type: "string", default: "240" },
    under: { type: "string", default: "" },
    nearest: { type: "string", default: "9999" },
    list: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);

const onOneLine = (text: string): string => text.replace(/\s+/g, " ").slice(0, 60);

const describe = (verdict: MutantVerdict | "listed", { file, line, kind, was, text }: Mutant): string =>
  `${verdict.padEnd(18)} ${file}:${line} ${kind}: ${onOneLine(was)} → ${onOneLine(text)}`;

const tryAll = async (folder: string, mutants: readonly Mutant[]): Promise<readonly MutantVerdict[]> => {
  const verdicts: MutantVerdict[] = [];
  for (const mutant of mutants) {
    const verdict = await tryMutant(folder, mutant, { seconds, nearest: Number(values.nearest) });
    verdicts.push(verdict);
    console.log(describe(verdict, mutant));
  }
  return verdicts;
};

const report = (verdicts: readonly MutantVerdict[], minutes: number): void => {
  const valid = verdicts.filter((verdict) => verdict !== "invalid");
  const caught = valid.filter((verdict) => verdict.startsWith("caught"));
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
  const mutants = sample(all, Number(values.mutants), randomOf(Number(values.seed)));
  console.log(`${mutants.length} of ${all.length} mutants, seed ${values.seed}`);
  if (values.list) {
    for (const mutant of mutants) console.log(describe("listed", mutant));
    return;
  }
  const begun = Date.now();
  const folder = makeCopy(ROOT);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(folder));
  try {
    if (!(await isCompiled(folder))) throw new Error("The project does not compile as it is");
    report(await tryAll(folder, mutants), Math.round((Date.now() - begun) / 60_000));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

main();
