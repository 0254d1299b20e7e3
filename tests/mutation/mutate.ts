/**
 * Puts faults into random places of the production code, one at a time, and says which of them no test caught.
 *
 * `npm run mutate -- --places 30 [--seed 7] [--seconds 240] [--under AutoScaler/src/stop]`. It works in a copy, so nothing
 * here is changed. `--list` only names the places. About half a minute for each place on a machine with nothing else to
 * do; what survives takes up to `--seconds`, and is then compiled.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCopy } from "./copy";
import { type Place, readPlaces } from "./places/places";
import { randomOf, sample } from "./places/sample";
import { endTests, isCompiled, tryPlace, type Verdict } from "./places/try-place";

const ROOT = join(__dirname, "../..");

const { values } = parseArgs({
  options: {
    places: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    seconds: { type: "string", default: "240" },
    under: { type: "string", default: "" },
    list: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);

const onOneLine = (text: string): string => text.replace(/\s+/g, " ").slice(0, 60);

const describe = (verdict: Verdict | "listed", { file, line, kind, was, text }: Place): string =>
  `${verdict.padEnd(18)} ${file}:${line} ${kind}: ${onOneLine(was)} → ${onOneLine(text)}`;

const tryAll = async (folder: string, places: readonly Place[]): Promise<readonly Verdict[]> => {
  const verdicts: Verdict[] = [];
  for (const place of places) {
    const verdict = await tryPlace(folder, place, seconds);
    verdicts.push(verdict);
    console.log(describe(verdict, place));
  }
  return verdicts;
};

const report = (verdicts: readonly Verdict[], minutes: number): void => {
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
  const all = readPlaces(ROOT).filter(({ file }) => file.startsWith(values.under));
  const places = sample(all, Number(values.places), randomOf(Number(values.seed)));
  console.log(`${places.length} of ${all.length} places, seed ${values.seed}`);
  if (values.list) {
    for (const place of places) console.log(describe("listed", place));
    return;
  }
  const begun = Date.now();
  const folder = makeCopy(ROOT);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(folder));
  try {
    if (!(await isCompiled(folder))) throw new Error("The project does not compile as it is");
    report(await tryAll(folder, places), Math.round((Date.now() - begun) / 60_000));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

main();
