import { readDocumentFile } from "../../HelperScripts/document/read-document";
import { makeProgram, silence } from "../../HelperScripts/program";
import { consoleDouble } from "../../HelperScripts/testing/console-double";
import { readText, repositoryFiles } from "../repository-files";
import { argumentsOf, documentedCommands } from "./documented-commands";

/** `npm run` puts what follows `--` to the same program. */
const asOurs = (line: string): string =>
  line.replace(/^npm run (?:runners --|(deploy|undeploy)(?: --)?)/, (_, command = "") =>
    `npx runners ${command}`.trim(),
  );

const OURS = documentedCommands()
  .map(({ page, line }) => ({ page, line: asOurs(line) }))
  .filter(({ line }) => line.startsWith("npx runners "));

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

it.each(OURS.filter(({ line }) => line.includes("mapping upload ")))(
  "$page: the document of `$line` is there and right",
  ({ line }) => {
    const path = argumentsOf(line).find((each) => /\.(json|ya?ml)$/.test(each)) ?? "";
    const isShipped = repositoryFiles().includes(path);
    const text = isShipped ? readText(path) : "jobs: []";
    expect(readDocumentFile(Buffer.from(text), path).errors).toEqual([]);
    expect(isShipped || path === "mapping.yml").toBe(true);
  },
);
