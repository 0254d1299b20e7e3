import { OLD_WORDS, type OldWord } from "./old-words";
import { readText, repositoryFiles } from "./repository-files";

/**
 * Words that were replaced by terms of the field are used nowhere: not in code, tests, templates, workflows, documents
 * and the page, and not in the names of files.
 */

/** Words that are still to be replaced. A word leaves this list with its last use; none is added. */
const PENDING: ReadonlySet<string> = new Set([]);

/** The list itself, the history, and files that are not our text. */
const NOT_READ =
  /^tests\/(old-words|words\.test)\.ts$|^CHANGELOG\.md$|(^|\/)package-lock\.json$|\.(png|asc)$/;

const texts = repositoryFiles()
  .filter((path) => !NOT_READ.test(path))
  .map((path) => ({ path, text: readText(path) }));

/** Where a file uses a word, in its text or its name. */
const usesIn = ({ pattern, where }: OldWord, path: string, text: string): readonly string[] => {
  if (where !== undefined && !where.test(path)) return [];
  const lines = text.split("\n").map((line, at) => ({ line, at: `${path}:${at + 1}` }));
  return [{ line: path, at: path }, ...lines]
    .filter(({ line }) => pattern.test(line))
    .map(({ line, at }) => `${at}: ${line.trim().slice(0, 120)}`);
};

const uses = (word: OldWord): readonly string[] =>
  texts.flatMap(({ path, text }) => usesIn(word, path, text));

describe("replaced words", () => {
  it("are in no file, except those that are still to be replaced", () => {
    const gone = OLD_WORDS.filter(({ word }) => !PENDING.has(word));
    expect(gone.flatMap((word) => uses(word).map((at) => `${at} (say: ${word.use})`))).toEqual([]);
  });

  it("include all that are still to be replaced", () => {
    const known = OLD_WORDS.map(({ word }) => word);
    expect([...PENDING].filter((word) => !known.includes(word))).toEqual([]);
  });
});

const wordsOf = (text: string): readonly string[] =>
  OLD_WORDS.filter((word) => usesIn(word, "AutoScaler/src/x.ts", text).length > 0).map(({ word }) => word);

describe("the patterns of words", () => {
  it.each([
    ["const world: StartWorld = {};", ["World"]],
    ["the carrier said yes", ["carrier"]],
    ["it gives its place back", ["place", "give back"]],
    ["jobs wait in line", ["in line"]],
    ["lets as many jobs go", ["let go"]],
    ["wokenAt: Time", ["woken"]],
    ["await takeTurn(); // the next turn", ["turn"]],
    ["const capsOf = (stackCap: number) => 1;", ["cap"]],
    ["gitlab.sweep, SWEEP_DONE", ["sweep"]],
    ["import type { Look } from './x';", ["Look"]],
    ["a hook that is lost; jobHookPayload", ["hook"]],
    ["openFrontDoor()", ["front door"]],
    ["const MOST_ROWS = 3;", ["MOST_, LEAST_"]],
    ["There are no dead letters.", ["dead letters"]],
    ["new starts are held", ["hold"]],
  ])("match: %s", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it.each([
    "replaceAll(marketplace, placeholder) takes place in its place",
    "a webhook at /api/v4/projects/42/hooks, hook_id 7, WebhookSecret, X-Gitlab-Webhook-UUID",
    "DeadLetterQueue: the dead-letter queue, deadLetterTargetArn",
    '"Type": "Pass", Look up runner. Look at the log; note that it passes',
    "a line of the log; the next line; at most three; in turn; it turns out; capital; escape; Namespace",
    "the guard clause; type guards; who lives for one job; lifetime; hold a lock; follow the link",
  ])("do not match: %s", (text) => {
    expect(wordsOf(text)).toEqual([]);
  });
});
