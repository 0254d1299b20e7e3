import { Command } from "commander";
import type { CommonOptions } from "../context";
import { commaList, oneOfThese, positiveInteger } from "./arguments";
import { common, type RunCommand } from "./common";
import { type ExplainOptions, explain, KNOWN_STATUSES } from "./explain";
import { status } from "./status";
import { why } from "./why";

export const explainCommand = (run: RunCommand): Command =>
  common(new Command("explain"))
    .description("which runner a job would get, by which row, for what price, and what it would wait for")
    .requiredOption("--project <id>", "the project's numeric id", positiveInteger)
    .requiredOption("--job <name>", "the job's name, as the pipeline shows it")
    .option("--tags <a,b>", "the job's tags", commaList, [])
    .option("--status <status>", "the job's status", oneOfThese(KNOWN_STATUSES), "pending")
    .addHelpText(
      "after",
      `
Examples:
  $ npm run runners -- explain --project 42 --job build --tags docker,arm64
  $ npm run runners -- explain --project 42 --job "test: [linux, arm64]" --json`,
    )
    .action((options: ExplainOptions) => run((context) => explain(context, options)));

export const whyCommand = (run: RunCommand): Command =>
  common(new Command("why"))
    .description("the life of one job: each step with its time, market and cost, and what it waits for")
    .argument("<job-id>", "the job's id, the number in its address", positiveInteger)
    .addHelpText("after", "\nExample:\n  $ npm run runners -- why 3580121225")
    .action((jobId: number, options: CommonOptions) => run((context) => why(context, jobId, options)));

export const statusCommand = (run: RunCommand): Command =>
  common(new Command("status"))
    .description("what runs, waits and failed lately; the limits and their use; what it costs now")
    .addHelpText("after", "\nExample:\n  $ npm run runners -- status --json")
    .action((options: CommonOptions) => run((context) => status(context, options)));
