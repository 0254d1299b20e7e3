import type { Command } from "commander";
import { describeWith } from "../../tests/needs";
import { makeProgram } from "../program";
import { DeploymentDouble } from "../testing/deployment-double";
import { type CompletingShell, isHere, offered, typedAtPrompt } from "../testing/shell-double";
import { bashCompletion } from "./bash";
import { commandWords } from "./command-tree";
import { fishCompletion } from "./fish";
import { zshCompletion } from "./zsh";

const program = (): Command => makeProgram(async () => undefined);

const scriptFor = async (shell: string): Promise<string> =>
  (await new DeploymentDouble().run(["completion", shell])).out;

const MAKERS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Shells have orders of their own. */
const sorted = (words: string): readonly string[] => words.split(" ").filter(Boolean).sort();

const LACKS = { zsh: "no zsh", fish: "no fish" } as const;
const describeOf = (shell: CompletingShell) =>
  shell === "bash" ? describe : describeWith(isHere(shell), LACKS[shell]);

for (const shell of ["bash", "zsh", "fish"] as const) {
  describeOf(shell)(`completion in ${shell}`, () => {
    it.each([
      ["runners wh", "why"],
      ["npx runners wh", "why"],
      ["npx runners mapping ", "upload check pull --profile --region --help"],
      ["npx runners mapping upload --pr", "--prune --profile"],
      ["npx runners --region eu-west-1 stat", "status"],
      ["npx runners why --stack-name ", ""],
      ["npx runners completion b", "bash"],
      ["npx other wh", ""],
    ])("offers after %j: %j", async (line, words) => {
      expect(offered(shell, await scriptFor(shell), [line]).map(sorted)).toEqual([sorted(words)]);
    });

    it("offers, after each command of the program, its commands and options and nothing else", () => {
      const commands = commandWords(program());
      expect(commands.length).toBeGreaterThan(20);
      const lines = commands.map(({ path }) => ["npx", "runners", ...path, ""].join(" "));
      expect(offered(shell, MAKERS[shell](commands), lines).map(sorted)).toEqual(
        commands.map(({ suggestions }) => suggestions.map((each) => each.word).sort()),
      );
    });

    it("knows a command and an option as soon as the program has them", () => {
      const grown = program();
      grown.command("xyzzy-new").description('it\'s "new": $HOME').option("--shiny <value>", "it's new");
      const lines = ["npx runners xyzzy", "npx runners xyzzy-new --sh", "npx runners xyzzy-new --shiny "];
      expect(offered(shell, MAKERS[shell](commandWords(grown)), lines).map(sorted)).toEqual([
        ["xyzzy-new"],
        ["--shiny"],
        [],
      ]);
      expect(offered(shell, MAKERS[shell](commandWords(program())), lines.slice(0, 1)).map(sorted)).toEqual([
        [],
      ]);
    });

    it.each([
      ["npx runners wh\t12", "runners why 12"],
      [
        "npx runners --region eu-west-1 mapping up\t--pru\tx",
        "runners --region eu-west-1 mapping upload --prune x",
      ],
    ])("completes what is typed at its own prompt: %j", async (keys, called) => {
      expect(typedAtPrompt(shell, await scriptFor(shell), keys)).toBe(called);
    });
  });
}

it.each(["zsh", "fish"])("the script for %s has each command with its description", async (shell) => {
  const script = await scriptFor(shell);
  for (const command of program().commands) expect(script).toContain(command.name());
  expect(script).toContain("the life of one job");
});

it("another shell is refused", async () => {
  expect((await new DeploymentDouble().run(["completion", "tcsh"])).exitCode).toBe(2);
});
