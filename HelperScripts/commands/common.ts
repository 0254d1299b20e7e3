import type { Command } from "commander";
import type { Context, ExitCode } from "../context";
import { defaultStackName } from "../deployment";

/** Records how the command ended; commander itself knows only success and misuse. */
export type RunCommand = (work: (context: Context) => Promise<ExitCode>) => Promise<void>;

/** Options that every command has. */
export const common = (command: Command): Command =>
  command
    .option("--stack-name <name>", "the AutoScaler stack", defaultStackName("AutoScaler"))
    .option("--json", "the result as one JSON document on stdout");
