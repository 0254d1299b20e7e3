import { LACKS } from "../needs";
import { readText, repositoryFiles } from "../repository-files";
import { conditionalExpectations } from "./conditional";
import { Assertions, emptyTests } from "./empty-tests";
import { promisedAlarms } from "./promised-alarms";
import { silentSkips } from "./skips";
import { readSource, type Source } from "./syntax";
import { bareThresholds } from "./thresholds";

/** What looks like proof can fail: the tests' own lint. */

const sources = repositoryFiles()
  .filter((path) => path.endsWith(".ts"))
  .map((path) => [path, readText(path)] as const)
  .filter(([path, text]) => path.endsWith(".test.ts") || /\bexpect\(|\bit\b/.test(text))
  .map(([path, text]) => readSource(path, text));

const ofRepository = new Assertions(sources);

type Rule = (source: Source) => readonly string[];

const RULES: readonly (readonly [
  says: string,
  rule: Rule,
  bad: readonly string[],
  good: readonly string[],
])[] = [
  [
    "no expectation depends on a condition",
    conditionalExpectations,
    [
      "if (a) expect(a).toBe(1);",
      "if (a) b(); else { expect(a).toBe(1); }",
      "a ? expect(a).toBe(1) : undefined;",
      "a && expect(a).toBe(1);",
      "try { f(); } catch (error) { expect(error).toBe(1); }",
      "await f().catch((error) => expect(error).toBe(1));",
      "switch (a) { case 1: expect(a).toBe(1); }",
    ],
    ["expect(a ? 1 : 2).toBe(1);", "try { f(); } finally { expect(a).toBe(1); }"],
  ],
  [
    "no test goes without an assertion",
    (source) => emptyTests(source, sources.includes(source) ? ofRepository : new Assertions([source])),
    [
      "it('a', () => { f(); });",
      "it.each([1])('a', async () => { await f(); });",
      "const f = () => g(); const g = () => f(); it('a', () => f());",
    ],
    [
      "it('a', () => expect(1).toBe(1));",
      "it('a', () => fc.assert(p));",
      "const f = () => expect(1).toBe(1); it('a', () => f());",
      "const f = () => expect(1).toBe(1); it('a', f);",
    ],
  ],
  [
    "a threshold has its reason beside it",
    bareThresholds,
    ["expect(a).toBeLessThan(300);", "expect(a).toBeGreaterThanOrEqual(5 * MINUTE);"],
    [
      "expect(a).toBeLessThan(LIMIT);",
      "// GitLab's limit.\nexpect(a).toBeLessThan(300);",
      "expect(a.length).toBeGreaterThan(5);",
      "expect(a).toBeGreaterThan(0);",
    ],
  ],
  [
    "a title that promises an alarm looks at one",
    promisedAlarms,
    ["it('raises the alarm', () => expect(failed).toBe(1));", "it.each([1])(`raises no false alarm %i`, f);"],
    [
      "it('raises the alarm', () => expect(alarms.ringing(0, 1)).toEqual([]));",
      "it('raises the limit', () => expect(1).toBe(1));",
    ],
  ],
  [
    "no test is left out without a word",
    silentSkips,
    ["it.skip('a', f);", "describe.only('a', f);", "(a ? it : it.skip).each([1])('a', f);", "it.todo('a');"],
    ["describeWith(a, 'no gpg')('a', f);"],
  ],
];

describe.each(RULES)("S-26: %s", (_, rule, bad, good) => {
  it("anywhere", () => {
    expect(sources.flatMap(rule)).toEqual([]);
  });

  it.each(bad)("S-27: and %s is refused", (text) => {
    expect(rule(readSource("a.test.ts", text))).toHaveLength(1);
  });

  it.each(good)("while %s is not", (text) => {
    expect(rule(readSource("a.test.ts", text))).toEqual([]);
  });
});

it("S-26: whatever may lack is lacked by some test", () => {
  const text = repositoryFiles()
    .filter((path) => path.endsWith(".ts") && path !== "tests/needs.ts")
    .map(readText)
    .join("\n");
  expect(LACKS.filter((lack) => !text.includes(lack))).toEqual([]);
});
