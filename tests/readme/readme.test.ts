import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryFiles } from "../repository-files";
import { parameterTable, withTables } from "./parameter-table";

const ROOT = join(__dirname, "../..");
const PAGES = repositoryFiles().filter((path) => path.endsWith(".md"));
const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const scripts = JSON.parse(read("package.json")).scripts as Record<string, string>;

describe("README", () => {
  it("has the parameters of every template up to date (npm run docs writes them)", () => {
    expect(withTables(read("README.md"), ROOT)).toBe(read("README.md"));
  });

  it("would find a parameter that the README lacks", () => {
    const template =
      "Parameters:\n  New:\n    Type: Number\n    Default: 3\n    MinValue: 1\n    MaxValue: 9\n    Description: Things\n";
    expect(parameterTable(template)).toContain("| `New` | `3` | Things (1 to 9) |");
  });

  it.each(PAGES)("names in %s only npm scripts that exist", (page) => {
    const named = [...read(page).matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1] ?? "");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
