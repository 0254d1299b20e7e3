import { LACKS } from "../needs";
import { readText, repositoryFiles } from "../repository-files";
import { conditionalExpectations } from "./conditional";
import { Assertions, emptyTests } from "./empty-tests";
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
    "no test is left out without a word",
    silentSkips,
    ["it.skip('a', f);", "describe.only('a', f);", "(a ? it : it.skip).each([1])('a', f);", "it.todo('a');"],
    ["describeWith(a, 'no gpg')('a', f);"],
  ],
];

/** Files whose thresholds still lack their reasons, and how many: the list only gets shorter. */
const STILL_BARE: Readonly<Record<string, number>> = {
  "HelperScripts/commands/verify.test.ts": 1,
  "AutoScaler/src/adapters/ssm/configuration.test.ts": 3,
  "AutoScaler/src/launch-rate/launch-rate.test.ts": 3,
  "AutoScaler/src/launch-rate/reservations.test.ts": 1,
  "AutoScaler/src/queue/start-next-job.test.ts": 1,
  "AutoScaler/src/start/start-runner.test.ts": 2,
  "AutoScaler/src/stop/end-runner.test.ts": 1,
  "AutoScaler/src/stop/report/end-report.test.ts": 1,
  "AutoScaler/src/testing/contracts/ledger-contract.ts": 1,
  "Core/routing/mapping-keys.test.ts": 1,
  "HelperScripts/commands/mapping/command.test.ts": 2,
  "HelperScripts/commands/operation.test.ts": 1,
  "HelperScripts/document/never-widens.test.ts": 2,
  "Infrastructure/src/webhook-secret.test.ts": 1,
  "Infrastructure/src/webhook-signature.test.ts": 1,
  "LambdaShellRunner/src/gitlab-runner/line-cutter.test.ts": 1,
  "LambdaShellRunner/src/gitlab-runner/run-timeouts.test.ts": 2,
  "LambdaShellRunner/src/gitlab-runner/run-watch.test.ts": 1,
  "LambdaShellRunner/src/job-over.test.ts": 1,
  "LambdaShellRunner/src/serve.test.ts": 2,
  "local/gitlab/api/rest/rest-api.test.ts": 1,
  "local/gitlab/model/jobs.test.ts": 1,
  "local/gitlab/webhooks/webhook-sender.test.ts": 2,
  "local/lambda-host/runner-calls.test.ts": 1,
  "tests/attacks/flood.test.ts": 2,
  "tests/attacks/forged-reports.test.ts": 1,
  "tests/attacks/registration-token.test.ts": 1,
  "tests/end-to-end/new-account.long.test.ts": 3,
  "tests/gitlab-runner/contract/debug-log.ts": 1,
  "tests/gitlab-runner/contract/one-job.ts": 1,
  "tests/gitlab-runner/contract/signals.ts": 1,
  "tests/gitlab-runner/contract/what-a-job-sees.ts": 2,
  "tests/simulation/account-limits.test.ts": 3,
  "tests/simulation/aws-faults.test.ts": 3,
  "tests/simulation/gitlab-faults.test.ts": 6,
  "tests/simulation/promises.test.ts": 1,
  "tests/simulation/runner-ends.test.ts": 1,
  "tests/simulation/scale.test.ts": 4,
  "tests/simulation/traces.test.ts": 3,
  "tests/templates/stacks.test.ts": 3,
};

const withoutTheList = (found: readonly string[]): readonly string[] =>
  found.filter((where) => !(where.slice(0, where.lastIndexOf(":")) in STILL_BARE));

describe.each(RULES)("S-26: %s", (_, rule, bad, good) => {
  it("anywhere", () => {
    expect(withoutTheList(sources.flatMap(rule))).toEqual([]);
  });

  it.each(bad)("S-27: and %s is refused", (text) => {
    expect(rule(readSource("a.test.ts", text))).toHaveLength(1);
  });

  it.each(good)("while %s is not", (text) => {
    expect(rule(readSource("a.test.ts", text))).toEqual([]);
  });
});

it("S-26: the list of thresholds without their reasons is as long as there are such", () => {
  const counts = sources.map((source) => [source.path, bareThresholds(source).length] as const);
  expect(Object.fromEntries(counts.filter(([, count]) => count > 0))).toEqual(STILL_BARE);
});

it("S-26: whatever may lack is lacked by some test", () => {
  const text = repositoryFiles()
    .filter((path) => path.endsWith(".ts") && path !== "tests/needs.ts")
    .map(readText)
    .join("\n");
  expect(LACKS.filter((lack) => !text.includes(lack))).toEqual([]);
});
