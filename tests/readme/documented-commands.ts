import { readText, repositoryFiles } from "../repository-files";

/** One command as a page has it, without what stands around it in a shell. */
export interface DocumentedCommand {
  readonly page: string;
  readonly line: string;
  /** It stands in a block of its own, so that it is complete. */
  readonly isWhole: boolean;
}

const PAGES = repositoryFiles().filter((path) => path.endsWith(".md") && path !== "CHANGELOG.md");

/** Every block, whatever its language: a fence that is passed over would turn the others inside out. */
const BLOCK = /^ *```(\S*)\n([\s\S]*?)^ *```/gm;
const SHELLS = ["", "sh"];

/** Programs whose calls are looked for in the text too. Our own are named there by their commands alone. */
const IN_TEXT = /`((?:aws|sam|npm) [^`]+)`/g;

const PLACEHOLDER = /[<…]/;
/** Drawings stand in such blocks too. */
const PROGRAM = /^[a-z][\w./-]*(?: |$)/;
const ENVIRONMENT = /^(?:[A-Z_]+=\S+ )+/;

/** What a shell would start for a line: `(cd X && sam build)` is two. */
const parts = (line: string): readonly string[] =>
  line
    .replace(/\s+#.*$/, "")
    .trim()
    .replace(/^\((.*)\)$/, "$1")
    .split(/ && | \| (?!')/)
    .map((part) => part.replace(ENVIRONMENT, "").trim())
    .filter((part) => PROGRAM.test(part) && !PLACEHOLDER.test(part));

const inBlocks = (page: string, text: string): readonly DocumentedCommand[] =>
  [...text.matchAll(BLOCK)]
    .filter(([, language = ""]) => SHELLS.includes(language))
    .flatMap(([, , block = ""]) => block.split("\n").flatMap(parts))
    .map((line) => ({ page, line, isWhole: true }));

const inText = (page: string, text: string): readonly DocumentedCommand[] =>
  [...text.replace(BLOCK, "").matchAll(IN_TEXT)]
    .flatMap(([, code = ""]) => parts(code.replace(/\s+/g, " ")))
    .map((line) => ({ page, line, isWhole: false }));

/** Every command of the pages, each once a page. A placeholder is no command: `<command>`, `ami-…`. */
export const documentedCommands = (): readonly DocumentedCommand[] =>
  PAGES.flatMap((page) => {
    const text = readText(page);
    const found = [...inBlocks(page, text), ...inText(page, text)];
    return found.filter((each, at) => found.findIndex(({ line }) => line === each.line) === at);
  });

/** As a shell splits these lines: blanks, and text in quotes. */
export const argumentsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
