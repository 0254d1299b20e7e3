import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parameterTable, withTables } from "./parameter-table";

const ROOT = join(__dirname, "../..");
const PAGES = [
  "README.md",
  "ami-preparation.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const scripts = JSON.parse(read("package.json")).scripts as Record<string, string>;

describe("README", () => {
  it("has every template's parameters as the template has them (npm run docs writes them)", () => {
    expect(withTables(read("README.md"), ROOT)).toBe(read("README.md"));
  });

  it("would show a parameter that the README lacks", () => {
    const template =
      "Parameters:\n  New:\n    Type: Number\n    Default: 3\n    MinValue: 1\n    MaxValue: 9\n    Description: Things\n";
    expect(parameterTable(template)).toContain("| `New` | `3` | Things (1 to 9) |");
  });

  it.each(PAGES)("links from %s to files that are there", (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(
      (match) => match[1] ?? "",
    );
    const missing = links.filter((link) => !existsSync(join(ROOT, page, "..", link)));
    expect(missing).toEqual([]);
  });

  it.each(PAGES)("names in %s only npm scripts that exist", (page) => {
    const named = [...read(page).matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1] ?? "");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
