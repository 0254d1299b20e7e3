import { basename } from "node:path";
import { readText, repositoryFiles } from "../repository-files";

/** A test's title. */
export interface TestTitle {
  /** E.g. `["I-2", "trace 4"]`. */
  readonly ids: readonly string[];
  /** The title without its ids. */
  readonly text: string;
  /** File name without its folder, so that moving a folder changes nothing. */
  readonly file: string;
}

/** The letters are explained in docs/invariants.md, docs/faults.md and, for traces, docs/protocol.md. */
export const ID = /(?<![\w-])[ITFSLP]-\d+(?![\w-])|\btrace \d+(?!\d)/g;

/** Test files, and files of cases that tests share. */
const HOLDS_TITLES =
  /\.test\.ts$|\/contracts?\/.*\.ts$|-contract\.ts$|-cases\.ts$|^tests\/templates\/rules\/.*\.ts$/;

const LITERAL = /(["'`])((?:\\.|(?!\1).)*)\1/g;
const literalsOf = (line: string): readonly string[] => {
  if (/^\s*(\/\/|\/?\*)/.test(line)) return [];
  return [...line.matchAll(LITERAL)].map((match) => (match[2] ?? "").replace(/\\(["'`\\])/g, "$1"));
};

const IDS_ALONE = /^(?:[ITFSLP]-\d+ ?)+$/;
/** A template rule has its id and its sentence in two properties, one right after the other. */
const joined = (literals: readonly string[]): readonly string[] =>
  literals.flatMap((literal, index) => {
    if (!IDS_ALONE.test(literal)) return [literal];
    const sentence = literals[index + 1];
    return sentence === undefined ? [] : [`${literal}: ${sentence}`];
  });

/** A title without the ids at its start or in brackets at its end. */
export const withoutIds = (title: string): string =>
  title.replace(/^(?:(?:trace \d+|[ITFSLP]-\d+)[:,]?\s+)+/, "").replace(/ \((?:[ITFSLP]-\d+(?:, )?)+\)$/, "");

/** The titles with an id in a file's text, except those that are built at run time. */
export const titlesIn = (file: string, source: string): readonly TestTitle[] =>
  joined(source.split("\n").flatMap(literalsOf))
    .filter((literal) => !literal.includes("${"))
    .map((literal) => ({
      ids: [...new Set(literal.match(ID) ?? [])],
      text: withoutIds(literal),
      file: basename(file),
    }))
    .filter(({ ids, text }) => ids.length > 0 && text !== "");

/** All titles with an id in the repository's tests. */
export const testTitles = (): readonly TestTitle[] =>
  repositoryFiles()
    .filter((path) => HOLDS_TITLES.test(path))
    .flatMap((path) => titlesIn(path, readText(path)));
