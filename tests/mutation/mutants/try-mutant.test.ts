import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endTests } from "./test-process";
import { tryMutant } from "./try-mutant";

const ROOT = join(__dirname, "../../..");

const TEXT = "export const isOver = (count: number): boolean => count > 3;\n";
const TEST = `import { isOver } from "./limit";
it("is over from five on", () => expect([1, 5].map(isOver)).toEqual([false, true]));
`;
const UNIT = {
  displayName: "unit",
  testEnvironment: "node",
  transform: { "\\.ts$": join(ROOT, "jest-esbuild.cjs") },
};
const FILES = {
  "limit.ts": TEXT,
  "limit.test.ts": TEST,
  "jest.config.cjs": `module.exports = ${JSON.stringify({ projects: [UNIT] })};`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: { strict: true, noEmit: true, types: [] },
    files: ["limit.ts"],
  }),
};

describe("a fault in a project with one test", () => {
  const folder = mkdtempSync(join(tmpdir(), "one-test-"));

  beforeAll(() => {
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    mkdirSync(join(folder, "tests"));
    cpSync(join(ROOT, "tests/mutation"), join(folder, "tests/mutation"), {
      recursive: true,
      filter: (source) => !source.endsWith(".ts") && !source.endsWith(".patch"),
    });
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  });

  afterAll(() => {
    endTests();
    rmSync(folder, { recursive: true, force: true });
  });

  const verdictOn = (was: string, text: string, seconds: number) => {
    const start = TEXT.indexOf(was);
    const place = { file: "limit.ts", line: 1, kind: "", name: "", start, end: start + was.length };
    return tryMutant(folder, { ...place, was, text }, { seconds, nearest: 3 });
  };

  // Each long enough for Jest's start on a busy machine, but for the one that never ends.
  it.each([
    ["is caught by the test", "> 3", "<= 3", "caught", 120],
    ["that the test does not see survives", "> 3", ">= 3", "survived", 120],
    ["that hangs is given up", "count > 3", "{ for (;;); }", "timed-out", 3],
    ["is caught after one that hung", "> 3", "< 3", "caught", 120],
    ["is caught by the compiler", "boolean", "string", "caught-by-compiler", 120],
    ["that is no program says nothing", "> 3", "> > 3", "invalid", 120],
  ] as const)(
    "%s",
    async (_, was, text, verdict, seconds) => {
      expect(await verdictOn(was, text, seconds)).toBe(verdict);
      expect(readFileSync(join(folder, "limit.ts"), "utf8")).toBe(TEXT);
    },
    180_000,
  );
});
