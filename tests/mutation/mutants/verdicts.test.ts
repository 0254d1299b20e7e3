import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keptVerdicts } from "./verdicts";

describe("verdicts of a stopped run", () => {
  const root = mkdtempSync(join(tmpdir(), "verdicts-"));
  const mutant = { file: "limit.ts", line: 1, kind: "", name: "", start: 0, end: 1, was: "3", text: "30" };
  const other = { ...mutant, text: "4" };
  const kept = (nearest: number) => keptVerdicts(root, [mutant, other], nearest);

  beforeEach(() => writeFileSync(join(root, "limit.ts"), "3"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("are there for the next one, the last of each fault", () => {
    kept(10).add(mutant, "survived");
    kept(10).add(mutant, "caught");
    expect([kept(10).get(mutant), kept(10).get(other)]).toEqual(["caught", undefined]);
  });

  it("count for more tests where the fault is caught, and else for fewer", () => {
    kept(10).add(mutant, "survived");
    expect([6, 10, 11].map((nearest) => kept(nearest).get(mutant))).toEqual([
      "survived",
      "survived",
      undefined,
    ]);
    kept(10).add(mutant, "caught");
    expect(kept(11).get(mutant)).toBe("caught");
  });

  it("do not count when the file has changed", () => {
    kept(10).add(mutant, "caught");
    writeFileSync(join(root, "limit.ts"), "4");
    expect(kept(10).get(mutant)).toBeUndefined();
  });

  it("are those of the files at the run's begin, also when they change under it", () => {
    const run = kept(10);
    writeFileSync(join(root, "limit.ts"), "4");
    run.add(other, "caught");
    expect(kept(10).get(other)).toBeUndefined();
    writeFileSync(join(root, "limit.ts"), "3");
    expect(kept(10).get(other)).toBe("caught");
  });
});
