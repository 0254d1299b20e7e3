import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { sample } from "./sample";

const ROOT = join(__dirname, "../../..");

/** TypeScript's parser is an ES module, which Jest does not load. */
const listed = (under: string): readonly string[] => {
  const options = [
    "--import",
    "tsx",
    "tests/mutation/mutate.ts",
    "--list",
    "--mutants",
    "9999",
    "--under",
    under,
  ];
  const { stdout } = spawnSync(process.execPath, options, { cwd: ROOT, encoding: "utf8" });
  return stdout.split("\n").filter((line) => line.startsWith("listed"));
};

describe("the mutants for faults", () => {
  const lines = listed("Core/model/time-words.ts").map((line) => line.replace(/^listed\s+/, ""));

  it.each([
    "comparison flipped: < → >=",
    "boundary moved: < → <=",
    "number tenfold: 1_000 → (1_000 * 10)",
    "condition negated: ",
    "undefined returned: ",
    'string changed: "',
  ])("have each kind of change: %s", (change) => {
    expect(lines.filter((line) => line.includes(change))).not.toEqual([]);
  });

  it("name file and line, and neither types nor module names", () => {
    for (const line of lines) expect(line).toMatch(/^Core\/model\/time-words\.ts:\d+ /);
    expect(lines.filter((line) => line.includes('"./') || line.includes('"../'))).toEqual([]);
  });
});

describe("a sample", () => {
  const items = [
    ...Array.from({ length: 1_000 }, (_, n) => ({ kind: "string changed", name: `string ${n}` })),
    { kind: "await dropped", name: "await" },
  ];

  it("is the same for one seed, and another for another", () => {
    expect(sample(items, 50, 7)).toEqual(sample(items, 50, 7));
    expect(sample(items, 50, 7)).not.toEqual(sample(items, 50, 8));
  });

  it("draws each mutant once, and the rare kind as often as the frequent one", () => {
    const drawn = sample(items, 5_000, 7);
    expect(new Set(drawn).size).toBe(items.length);
    const position = drawn.findIndex(({ kind }) => kind === "await dropped");
    // One of two kinds: half of the draws until it is used up, so beyond the 30th mutant once in 2^30 seeds.
    expect(position).toBeLessThan(30);
  });

  it("draws the same of code that has changed a little", () => {
    const drawn = sample(items, 50, 7);
    const gone = drawn[10];
    const today = items.filter((item) => item !== gone);
    expect(drawn.filter((item) => !sample(today, 50, 7).includes(item))).toEqual([gone]);
  });

  it("tells mutants of one name apart", () => {
    const twins = Array.from({ length: 100 }, (_, n) => ({ kind: "string changed", name: "twin", n }));
    const drawn = sample(twins, 5, 7).map(({ n }) => n);
    expect(new Set(drawn).size).toBe(5);
    expect(drawn).not.toEqual([0, 1, 2, 3, 4]);
  });
});
