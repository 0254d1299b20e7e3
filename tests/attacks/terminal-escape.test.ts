import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { log } from "../../Core/log";
import { safe, safeColoured, safeJson, safeLines } from "../../Core/safe-text";
import { table } from "../../HelperScripts/console/table";
import { consoleDouble } from "../../HelperScripts/testing/console-double";
import { rowsOf } from "../../local/terminal/row";
import { summaryTable } from "../../local/terminal/summary";
import { liveView, plainView } from "../../local/terminal/view";
import { repositoryFiles } from "../repository-files";

/** By the code charts, not by what `safe` goes by: what acts on a terminal or a page, or is not seen. */
const HOSTILE: readonly (readonly [what: string, from: number, to: number])[] = [
  ["C0 controls", 0x00, 0x1f],
  ["delete and C1 controls", 0x7f, 0x9f],
  ["the soft hyphen", 0xad, 0xad],
  ["the Arabic letter mark", 0x61c, 0x61c],
  ["zero width, and marks of direction", 0x200b, 0x200f],
  ["line and paragraph separators", 0x2028, 0x2029],
  ["embeddings and overrides of direction", 0x202a, 0x202e],
  ["the word joiner and invisible operators", 0x2060, 0x2064],
  ["isolates of direction", 0x2066, 0x2069],
  ["deprecated format characters", 0x206a, 0x206f],
  ["surrogates", 0xd800, 0xdfff],
  ["the byte order mark", 0xfeff, 0xfeff],
  ["interlinear annotations", 0xfff9, 0xfffb],
  ["language tags", 0xe0020, 0xe007f],
  ["letters without a shape", 0x115f, 0x1160],
  ["the Hangul filler", 0x3164, 0x3164],
];
const isHostile = (code: number): boolean => HOSTILE.some(([, from, to]) => code >= from && code <= to);
const hostileIn = (text: string): number[] =>
  [...text].map((character) => character.codePointAt(0) ?? 0).filter(isHostile);

const hostileText = fc
  .array(
    fc.oneof(
      fc
        .constantFrom(...HOSTILE)
        .chain(([, from, to]) =>
          fc.integer({ min: from, max: to }).map((code) => String.fromCodePoint(code)),
        ),
      fc.string({ unit: "grapheme" }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

/** Clears the screen, sets the title, moves up and writes over, reverses what follows. */
const ATTACK = "\u001b[2J\u001b]0;owned\u0007\u009b1A\rok \u202e\u200bdeploy\u2028next";

describe("text from outside", () => {
  it.each(HOSTILE)("F-62: %s are escaped, each of them", (_, from, to) => {
    for (let code = from; code <= to; code += 1) {
      const character = String.fromCodePoint(code);
      expect(safe(character)).toMatch(/^(\\u[0-9a-f]{4}){1,2}$/);
      expect(JSON.parse(`"${safe(character)}"`)).toBe(character);
    }
  });

  it("F-62: whatever it is, holds nothing hostile once it is safe, and stays as it is where it was", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(hostileIn(safe(text))).toEqual([]);
        expect(hostileIn(safeLines(text)).filter((code) => code !== 0x0a && code !== 0x09)).toEqual([]);
        expect(safe(safe(text))).toBe(safe(text));
        expect(hostileIn(safeColoured(text)).filter((code) => ![0x0a, 0x09, 0x1b].includes(code))).toEqual(
          [],
        );
        expect(
          hostileIn(stripVTControlCharacters(safeColoured(text))).filter((code) => code === 0x1b),
        ).toEqual([]);
      }),
    );
    for (const plain of ["Prüfung 1/3", "単体テスト", "اختبار", "🦊 тест [a] ünïcode", 'a\\b "c" $d']) {
      expect(safe(plain)).toBe(plain);
    }
  });

  it("F-62: is the same value in JSON, and without effect on what shows it", () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText, hostileText), (value) => {
        const text = safeJson(JSON.stringify(value, undefined, 2));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(hostileIn(text).filter((code) => code !== 0x0a)).toEqual([]);
      }),
    );
  });

  it("F-62: does nothing in a log line", () => {
    const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
    log.info("JOB", { name: ATTACK });
    const line = String(write.mock.calls[0]?.[0]);
    write.mockRestore();
    expect(hostileIn(line.trimEnd())).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({ name: ATTACK });
  });
});

const job = {
  id: 1,
  projectId: 1,
  pipelineId: 1,
  name: ATTACK,
  stage: "test",
  tags: [ATTACK],
  status: "pending" as const,
  createdAt: 1,
  retried: false,
  allowFailure: false,
  script: [ATTACK],
  services: [ATTACK],
  lastLines: [ATTACK],
  failureReason: ATTACK,
};

describe("a job with a hostile name", () => {
  const shown = (text: string): number[] =>
    hostileIn(stripVTControlCharacters(text)).filter((code) => code !== 0x0a);

  it("F-62: does nothing to the laptop's terminal, live, plain or in the end", () => {
    const rows = rowsOf([job], []);
    const written: string[] = [];
    const out = {
      columns: 200,
      write: (text: string) => written.push(text),
    } as unknown as NodeJS.WriteStream;
    const live = liveView(out);
    live.show(rows);
    live.say(ATTACK);
    plainView(
      (line) => written.push(line),
      () => 0,
    ).show(rows);
    written.push(summaryTable(rows, 112));
    for (const text of written) {
      expect(shown(text)).toEqual([]);
      expect(text).not.toContain("\u001b[2J");
      expect(text).not.toContain("\u001b]0;");
    }
    expect(written.join("")).toContain("\\u001b[2J");
  });

  it("F-62: does nothing in a table of the command line", () => {
    expect(shown(table(consoleDouble(), ["name"], [[ATTACK]]))).toEqual([]);
  });
});

/** The only files that write to a terminal, a page or a log; what is escaped there is escaped everywhere. */
const WRITERS: Readonly<Record<string, RegExp>> = {
  "Core/log.ts": /safeJson\(/,
  "HelperScripts/console/terminal.ts": /safeColoured\(/,
  "local/command/run.ts": /safeColoured\(/,
  "local/terminal/view.ts": /safe\(/,
};
/** They write our own sentences alone, or speak a protocol. */
const OWN_SENTENCES = [
  "local/command/main.ts",
  "local/command/real-gitlab.ts",
  "local/gitlab-runner/src/main.ts",
  "local/gitlab-runner/src/runner-log.ts",
];
const SHIPPED = /^(Core|Infrastructure|AutoScaler|LambdaShellRunner|HelperScripts|local)\/.*\.ts$/;
const NO_PROGRAM = /\.test\.ts$|\/testing\/|\/tests\//;
const WRITES = /process\.std(out|err)\b.*write|\bconsole\.(log|error|warn|info|debug)\(|\bout\.write\(/;
const PAGE_WRITES =
  /\.(textContent|innerText|innerHTML|title)\s*=[^=]|\.(append|prepend|replaceWith|insertAdjacent\w+)\((?!\w+\);)|\.setAttribute\((?!"aria-(hidden|pressed)"|"aria-label", `Pipeline|"aria-label", `Cancel all)/;

describe("what writes to people", () => {
  const sources = repositoryFiles()
    .filter((path) => SHIPPED.test(path) && !NO_PROGRAM.test(path))
    .map((path) => [path, readFileSync(join(__dirname, "../..", path), "utf8")] as const);

  it("F-62: is one place for each terminal, page and log, and escapes there", () => {
    const writers = sources.filter(([, text]) => WRITES.test(text)).map(([path]) => path);
    expect(writers.filter((path) => !OWN_SENTENCES.includes(path)).sort()).toEqual(
      Object.keys(WRITERS).sort(),
    );
    for (const [path, escapes] of Object.entries(WRITERS)) {
      expect(readFileSync(join(__dirname, "../..", path), "utf8")).toMatch(escapes);
    }
  });

  it("F-60: is the page's one file that touches texts", () => {
    const page = sources.filter(([path]) => path.startsWith("local/gitlab/page/browser/"));
    expect(page.length).toBeGreaterThan(5);
    expect(page.filter(([, text]) => PAGE_WRITES.test(text)).map(([path]) => path)).toEqual([
      "local/gitlab/page/browser/dom.ts",
    ]);
  });

  it("F-62: leaves the set of characters to one file", () => {
    const own = sources.filter(([, text]) => /\\p\{C|\\u202a|\\u0000-/.test(text)).map(([path]) => path);
    // The others refuse an address, and say of a name that nobody means it so; they show nothing.
    expect(own.sort()).toEqual([
      "Core/gitlab/gitlab-url.ts",
      "Core/routing/mapping-oddities.ts",
      "Core/safe-text.ts",
    ]);
  });
});
