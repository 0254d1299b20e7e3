import { Argument, Command } from "commander";
import { bashCompletion } from "../../completion/bash";
import { type CommandWords, commandWords } from "../../completion/command-tree";
import { fishCompletion } from "../../completion/fish";
import { zshCompletion } from "../../completion/zsh";
import type { RunCommand } from "../common";

const SHELLS: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const completionCommand = (run: RunCommand): Command =>
  new Command("completion")
    .description("a script that completes commands and options in your shell")
    .addArgument(new Argument("<shell>", "your shell").choices(Object.keys(SHELLS)))
    .addHelpText(
      "after",
      `
Put one of these into your shell's startup file; there it is made anew for each version:
  $ source <(npx runners completion bash)
  $ source <(npx runners completion zsh)     # after compinit
  $ npx runners completion fish | source`,
    )
    .action((shell: string, _options: object, command: Command) =>
      run(async ({ console }) => {
        console.out(SHELLS[shell]?.(commandWords(command.parent ?? command)) ?? "");
        return 0;
      }),
    );
