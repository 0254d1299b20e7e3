import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endTests } from "./test-process";
import { tryMutant } from "./try-mutant";

const ROOT = join(__dirname, "../../..");

const TEXT = "export const isOver = (count: number): boolean => count > 3;\n";
const SAVE = `export const save = async (write: () => Promise<void>): Promise<void> => {
  await write();
};
`;
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
  "Core/save.ts": SAVE,
  "limit.test.ts": TEST,
  "jest.config.cjs": `module.exports = ${JSON.stringify({ projects: [UNIT] })};`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: { strict: true, noEmit: true, types: [] },
    files: ["limit.ts", "Core/save.ts"],
  }),
};

describe("a fault in a project with one test", () => {
  const folder = mkdtempSync(join(tmpdir(), "one-test-"));

  beforeAll(() => {
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (const name of ["Core", "tests"]) mkdirSync(join(folder, name));
    cpSync(join(ROOT, "tests/mutation"), join(folder, "tests/mutation"), {
      recursive: true,
      filter: (source) => !source.endsWith(".ts") && !source.endsWith(".patch"),
    });
    for (const name of ["biome.json", ".gitignore"]) copyFileSync(join(ROOT, name), join(folder, name));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  });

  afterAll(() => {
    endTests();
    rmSync(folder, { recursive: true, force: true });
  });

  const verdictOn = (file: "limit.ts" | "Core/save.ts", was: string, text: string, seconds = 120) => {
    const start = FILES[file].indexOf(was);
    const place = { file, line: 1, kind: "", name: "", start, end: start + was.length };
    return tryMutant(folder, { ...place, was, text }, { seconds, nearest: 3 });
  };

  it.each([
    ["is caught by the test", "limit.ts", "> 3", "<= 3", "caught"],
    ["that the test does not see survives", "limit.ts", "> 3", ">= 3", "survived"],
    ["is caught by the compiler", "limit.ts", "boolean", "string", "caught-by-compiler"],
    [
      "that waits for nothing is caught by the lint",
      "Core/save.ts",
      "await write()",
      "write()",
      "caught-by-lint",
    ],
    ["that is no program says nothing", "limit.ts", "> 3", "> > 3", "invalid"],
  ] as const)(
    "%s",
    async (_, file, was, text, verdict) => {
      expect(await verdictOn(file, was, text)).toBe(verdict);
      expect(readFileSync(join(folder, file), "utf8")).toBe(FILES[file]);
    },
    180_000,
  );

  it("that hangs is given up, and the next one is tried all the same", async () => {
    expect(await verdictOn("limit.ts", "count > 3", "{ for (;;); }", 3)).toBe("timed-out");
    expect(await verdictOn("limit.ts", "> 3", "< 3")).toBe("caught");
  }, 180_000);

  it("says nothing where the test that fails does so anyhow", async () => {
    writeFileSync(join(folder, "other.test.ts"), TEST.replace("[false, true]", "[true, true]"));
    jest.spyOn(console, "error").mockReturnValue();
    const file = { file: "other.ts", line: 1, kind: "", name: "" };
    writeFileSync(join(folder, "other.ts"), "export const other = 1;\n");
    const mutant = { ...file, start: 21, end: 22, was: "1", text: "2" };
    expect(await tryMutant(folder, mutant, { seconds: 120, nearest: 3 })).toBe("invalid");
    jest.restoreAllMocks();
  }, 180_000);
});
