import { readText, repositoryFiles } from "../repository-files";
import { definitionProblems, ID_PAGES, idRows, idsIn, withShownTests } from "./id-tables";
import { type TestTitle, testTitles, titlesIn, withoutIds } from "./test-titles";

const titles = testTitles();
const rows = ID_PAGES.flatMap((page) => idRows(readText(page)));
const isText = (path: string): boolean => !/\.(png|asc)$|(^|\/)package-lock\.json$/.test(path);

describe("ids", () => {
  it("that are used anywhere are defined in docs/invariants.md, docs/faults.md or docs/protocol.md", () => {
    const defined = new Set(rows.map(({ id }) => id));
    // This file has invented ids.
    const files = repositoryFiles().filter((path) => isText(path) && path !== "tests/readme/ids.test.ts");
    const used = files.flatMap((path) => idsIn(readText(path)).map((id) => ({ id, path })));
    expect(used.length).toBeGreaterThan(500);
    expect(used.filter(({ id }) => !defined.has(id)).map(({ id, path }) => `${id} in ${path}`)).toEqual([]);
  });

  it("that are defined are in a test's title, or listed with the reason (npm run docs writes the titles)", () => {
    expect(rows.length).toBeGreaterThan(150);
    expect(definitionProblems(rows, titles)).toEqual([]);
  });
});

const title = (ids: readonly string[], text: string): TestTitle => ({ ids, text, file: "a.test.ts" });
const TABLE = [
  "| id | what holds | shown by |",
  "|---|---|---|",
  "| I-1 | It holds. | old words (`a.test.ts`) |",
];

describe("the tables of ids", () => {
  it("keep a title that exists, and replace one that does not", () => {
    const page = TABLE.join("\n");
    expect(withShownTests(page, [title(["I-1"], "other words"), title(["I-1"], "old words")])).toBe(page);
    expect(withShownTests(page, [title(["I-1"], "new | words")])).toContain(
      "| I-1 | It holds. | new \\| words (`a.test.ts`) |",
    );
    expect(withShownTests(page, [])).toContain("| I-1 | It holds. | |");
  });

  it("keep the reasons of ids without a test", () => {
    const page =
      "| id | what it says | why no test title carries it |\n|---|---|---|\n| F-9 | It. | not yet |";
    expect(withShownTests(page, [title(["F-9"], "words")])).toBe(page);
    expect(definitionProblems(idRows(page), [])).toEqual([]);
    expect(definitionProblems(idRows(page), [title(["F-9"], "words")])).toHaveLength(1);
  });

  it.each([
    ["a test that does not exist", TABLE, [title(["I-1"], "new words")]],
    ["no test", TABLE, []],
    ["an id twice", [...TABLE, TABLE[2] ?? ""], [title(["I-1"], "old words")]],
  ])("have a problem with %s", (_, lines, known) => {
    expect(definitionProblems(idRows(lines.join("\n")), known)).not.toEqual([]);
  });
});

describe("titles of tests", () => {
  it.each([
    ['it("I-2 F-12: one launch", () => {', ["I-2", "F-12"], "one launch"],
    ["  ['S-9: a \\'row\\'', 1],", ["S-9"], "a 'row'"],
    ['it("trace 4: P-4: no second attempt", run);', ["trace 4", "P-4"], "no second attempt"],
    ['["tags a volume (P-19, T-13)", x]', ["P-19", "T-13"], "tags a volume"],
    ['  id: "S-12 T-25",\n  says: "scans images",', ["S-12", "T-25"], "scans images"],
  ])("are found in %s", (source, ids, text) => {
    expect(titlesIn("tests/x/a.test.ts", source)).toEqual([{ ids, text, file: "a.test.ts" }]);
  });

  it.each([
    "// I-2: a comment",
    ' * "I-2: in a comment"',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template string
    "const message = `I-2: ${count} instances`;",
    'it("EC2-I-2 and API-2", run);',
    'it("T-5x", run);',
  ])("are not found in %s", (source) => {
    expect(titlesIn("a.test.ts", source)).toEqual([]);
  });

  it("lose their ids and nothing else", () => {
    expect(withoutIds("trace 11: F-25: a start (again)")).toBe("a start (again)");
  });
});

describe("ids in a text", () => {
  it("are found alone, in ranges, and as a list of traces", () => {
    expect(idsIn("told apart (F-31…F-33), I-2. See traces 2, 11 and trace 4.")).toEqual([
      "F-31",
      "F-33",
      "I-2",
      "trace 4",
      "trace 2",
      "trace 11",
    ]);
  });
});
