import { readDocumentFile } from "../../HelperScripts/document/read-document";
import { makeProgram, silence } from "../../HelperScripts/program";
import { consoleDouble } from "../../HelperScripts/testing/console-double";
import { readText, repositoryFiles } from "../repository-files";

interface DocumentedCommand {
  readonly page: string;
  readonly line: string;
}

const PAGES = repositoryFiles().filter((path) => path.endsWith(".md") && path !== "CHANGELOG.md");

/** Every block, whatever its language: a fence that is passed over would turn the others inside out. */
const BLOCK = /^ *```\S*\n([\s\S]*?)^ *```/gm;

/** The command lines in the pages' code blocks, without their comments. A placeholder is no command: `<command>`, `ami-…`. */
const commandsOf = (program: string): readonly DocumentedCommand[] =>
  PAGES.flatMap((page) =>
    [...readText(page).matchAll(BLOCK)]
      .flatMap(([, block = ""]) => block.split("\n"))
      .map((line) => line.replace(/\s+#.*$/, "").trim())
      .filter((line) => line.startsWith(`${program} `) && !/[<…]/.test(line))
      .map((line) => ({ page, line })),
  );

/** As a shell splits these lines: blanks, and text in quotes. */
const argumentsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );

const OURS = commandsOf("npx runners");

it("finds the command line's commands in the pages", () => {
  const named = new Set(OURS.map(({ line }) => argumentsOf(line)[2]));
  const expected = ["configure", "doctor", "explain", "mapping", "status", "verify", "why"];
  expect(expected.filter((command) => !named.has(command))).toEqual([]);
});

/** How the shipped program takes a command line: `runs` when it would go to work. Nothing is done. */
const taken = async (line: string): Promise<string> => {
  let outcome = "nothing";
  const program = makeProgram(async () => {
    outcome = "runs";
  });
  silence(program, { console: consoleDouble() });
  const [, , ...argv] = argumentsOf(line);
  await program.parseAsync([...argv], { from: "user" }).catch((error: { code: string }) => {
    outcome = error.code;
  });
  return outcome;
};

it.each(OURS)("$page: `$line` is understood as it stands there", async ({ line }) => {
  expect(await taken(line)).toBe(line.endsWith("--help") ? "commander.helpDisplayed" : "runs");
});

it("would notice a command, an option or an argument that is no longer there", async () => {
  expect(await taken("npx runners explian --project 42")).toBe("commander.unknownCommand");
  expect(await taken("npx runners status --wach")).toBe("commander.unknownOption");
  expect(await taken("npx runners why")).toBe("commander.missingArgument");
});

it.each(commandsOf("npx runners").filter(({ line }) => line.includes("mapping upload ")))(
  "$page: the document of `$line` is there and right",
  ({ line }) => {
    const path = argumentsOf(line).find((each) => /\.(json|ya?ml)$/.test(each)) ?? "";
    const isShipped = repositoryFiles().includes(path);
    const text = isShipped ? readText(path) : "jobs: []";
    expect(readDocumentFile(Buffer.from(text), path).errors).toEqual([]);
    expect(isShipped || path === "mapping.yml").toBe(true);
  },
);
