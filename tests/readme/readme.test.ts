import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryFiles } from "../repository-files";
import { PARAMETER_PAGE, parameterTable, withTables } from "./parameter-table";

const ROOT = join(__dirname, "../..");
const PAGES = repositoryFiles().filter((path) => path.endsWith(".md"));
const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const scripts = JSON.parse(read("package.json")).scripts as Record<string, string>;

/** The length that the project asks of its first page; the rest is in docs. */
const LINES_READ = 150;

/** Tables as lists of their rows. */
const tablesOf = (text: string): readonly (readonly string[])[] =>
  text
    .split(/\n(?!\|)/)
    .map((part) => part.split("\n").filter((line) => line.startsWith("|")))
    .filter((rows) => rows.length > 0);

const firstCell = (row: string): string => row.split(" | ")[0] ?? "";

/** What a table of commands or parameters says twice. */
const saidTwice = (text: string): readonly string[] =>
  tablesOf(text).flatMap((rows) => {
    const names = rows.map(firstCell).filter((cell) => /^\| `[^`]+`$/.test(cell));
    return names.filter((name, at) => names.indexOf(name) < at);
  });

describe("README and documents", () => {
  it("has the parameters of every template up to date (npm run docs writes them)", () => {
    expect(withTables(read(PARAMETER_PAGE), ROOT)).toBe(read(PARAMETER_PAGE));
  });

  it("would find a parameter that the page lacks", () => {
    const template =
      "Parameters:\n  New:\n    Type: Number\n    Default: 3\n    MinValue: 1\n    MaxValue: 9\n    Description: Things\n";
    expect(parameterTable(template)).toContain("| `New` | `3` | Things (1 to 9) |");
  });

  it("is short enough to be read whole", () => {
    expect(read("README.md").split("\n").length).toBeLessThanOrEqual(LINES_READ);
  });

  it("has every document in the index", () => {
    const index = read("docs/README.md");
    const documents = PAGES.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== "docs/README.md");
    expect(documents.filter((page) => !index.includes(`](${page.slice("docs/".length)})`))).toEqual([]);
  });

  it.each(PAGES)("says in no table of %s two things of one name", (page) => {
    expect(saidTwice(read(page))).toEqual([]);
  });

  it("would notice a row that is there twice", () => {
    const table = "| command | |\n|---|---|\n| `why JOB` | one |\n| `why JOB` | other |\n";
    expect(saidTwice(table)).toEqual(["| `why JOB`"]);
  });

  it.each(PAGES)("names in %s only npm scripts that exist", (page) => {
    const named = [...read(page).matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1] ?? "");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
