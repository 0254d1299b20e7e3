import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PASS_PARTS } from "../Core/ledger/pass-parts";
import {
  FAILURE_WORDS,
  INSTALL_FAILURE_WORDS,
  LAUNCH_HOLD_WORDS,
  RUNNER_END_WORDS,
  WAITING_WORDS,
} from "../Core/model/reason-words";
import {
  ATTEMPT_FAILURE_CODES,
  END_SKIP_CODES,
  INSTALL_FAILURE_CODES,
  LAUNCH_HOLD_CODES,
  LAUNCH_REFUSAL_CODES,
  LOOK_UP_SKIP_CODES,
  RUNNER_END_CODES,
  START_SKIP_CODES,
  STOP_CODES,
  WAITING_FOR_CODES,
} from "../Core/model/reasons";

/**
 * Rules decide by codes. No rule decides by sentences for people or by messages of AWS and GitLab, and none tells one
 * kind of resource from another by the prefix of its id.
 */

const ROOT = join(__dirname, "..");
const RULES = ["AutoScaler/src", "Core"];

/** A MicroVM has neither tag nor name, and an orphan nothing but its id: this alone tells it from an instance, by AWS's form of ids. */
const KNOWN_BY_ID = "Core/microvm/image.ts";

/** What reads others' answers, gitlab-runner's log among them, has nothing but their words. */
const isRule = (path: string): boolean =>
  path.endsWith(".ts") && !path.endsWith(".test.ts") && !/\/(testing|adapters|gitlab-runner)\//.test(path);

const sources = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name}`)
    .filter((path) => isRule(path) && path !== KNOWN_BY_ID);

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

const WORDS = "(?:message|detail|sentence)";
const SAID = "(?:message|detail|sentence|reason|holder|resourceId|instanceId|classKey)";
const LOOKS = "(?:startsWith|endsWith|includes|indexOf|match|matchAll|search|split|slice|substring|replace)";

/** Forbidden code, each with an example. */
const FORBIDDEN: readonly (readonly [says: string, pattern: RegExp, example: string])[] = [
  [
    "searches a reason, a message or an id",
    new RegExp(`\\b${SAID}\\b(?:\\?|!)?\\.${LOOKS}\\(`),
    'runner.lease?.holder.startsWith("end:")',
  ],
  [
    "matches a reason, a message or an id",
    new RegExp(`\\.(?:exec|test)\\([^)]*\\b${SAID}\\b`),
    "STATE_REASON.exec(reason)",
  ],
  [
    "compares a message",
    new RegExp(`\\b${WORDS}\\b\\s*[!=]==(?! undefined)|[!=]==\\s*[\\w.?]*\\b${WORDS}\\b`),
    "event.message === other.message",
  ],
  ["compares a sentence", /[!=]==\s*["'`][^"'`\n]* [^"'`\n]*["'`]/, 'reason === "its instance is left"'],
  ["builds a reason from text", /\breason:\s*`|\breason\s*=\s*`/, "reason: `instance $" + "{state}`"],
];

const offences = (text: string): string[] =>
  FORBIDDEN.filter(([, pattern]) => pattern.test(withoutComments(text))).map(([says]) => says);

describe("control flow", () => {
  it.each(FORBIDDEN)("a rule that %s is found", (says, _pattern, example) => {
    expect(offences(example)).toContain(says);
  });

  it.each(RULES.flatMap(sources))("%s decides by codes", (path) => {
    expect(offences(readFileSync(join(ROOT, path), "utf8"))).toEqual([]);
  });
});

describe("codes", () => {
  const LISTS = {
    ATTEMPT_FAILURE_CODES,
    END_SKIP_CODES,
    INSTALL_FAILURE_CODES,
    LAUNCH_HOLD_CODES,
    LAUNCH_REFUSAL_CODES,
    LOOK_UP_SKIP_CODES,
    PASS_PARTS,
    RUNNER_END_CODES,
    START_SKIP_CODES,
    STOP_CODES,
    WAITING_FOR_CODES,
  };

  it.each(Object.entries(LISTS))("of %s are words with hyphens", (_name, codes) => {
    for (const code of codes) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it.each<[string, readonly string[], Readonly<Record<string, unknown>>]>([
    ["an attempt's failure", ATTEMPT_FAILURE_CODES, FAILURE_WORDS],
    ["a runner's end", RUNNER_END_CODES, RUNNER_END_WORDS],
    ["a failed installation", INSTALL_FAILURE_CODES, INSTALL_FAILURE_WORDS],
    ["a launch that is held", LAUNCH_HOLD_CODES, LAUNCH_HOLD_WORDS],
    ["what a job waits for", WAITING_FOR_CODES, WAITING_WORDS],
  ])("of %s have a sentence each, and no two the same", (_of, codes, words) => {
    expect(Object.keys(words).sort()).toEqual([...codes].sort());
    const sentences = Object.values(words).map((word) => JSON.stringify(word));
    expect(new Set(sentences).size).toBe(codes.length);
    for (const sentence of sentences) expect(sentence.length).toBeGreaterThan(5);
  });

  it("are turned into sentences where they are shown, and by no rule", () => {
    const users = ["AutoScaler/src", "Infrastructure/src", "LambdaShellRunner/src"].flatMap(sources);
    const speaking = users.filter((path) => readFileSync(join(ROOT, path), "utf8").includes("reason-words"));
    expect(speaking).toEqual([]);
  });
});
