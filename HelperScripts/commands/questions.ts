import { Command } from "commander";
import type { CommonOptions } from "../context";
import type { JobAddress } from "../start/job-address";
import { commaList, daysOfPast, jobAddress, oneOfThese, projectName, secondsOrDefault } from "./arguments";
import { common, type RunCommand } from "./common";
import { type ExplainOptions, explain, KNOWN_STATUSES } from "./explain";
import { type StatusOptions, status } from "./status";
import { why } from "./why";

export const explainCommand = (run: RunCommand): Command =>
  common(new Command("explain"))
    .description("which runner a job would get, by which row, for what price, and what it would wait for")
    .requiredOption("--project <project>", "the project's id or full path", projectName)
    .requiredOption("--job <name>", "the job's name, as the pipeline shows it")
    .option("--tags <a,b>", "the job's tags", commaList, [])
    .option("--status <status>", "the job's status", oneOfThese(KNOWN_STATUSES), "pending")
    .addHelpText(
      "after",
      `
Examples:
  $ npx runners explain --project 42 --job build --tags docker,arm64
  $ npx runners explain --project group/app --job "test: [linux, arm64]" --json`,
    )
    .action((options: ExplainOptions) => run((context) => explain(context, options)));

export const whyCommand = (run: RunCommand): Command =>
  common(new Command("why"))
    .description("the life of one job: each step with its time, market and cost, and what it waits for")
    .argument("<job>", "the job's id, or its address in GitLab", jobAddress)
    .addHelpText(
      "after",
      `
Examples:
  $ npx runners why 3580121225
  $ npx runners why https://gitlab.example.com/group/project/-/jobs/3580121225`,
    )
    .action((job: JobAddress, options: CommonOptions) => run((context) => why(context, job, options)));

export const statusCommand = (run: RunCommand): Command =>
  common(new Command("status"))
    .description("what runs, waits and failed lately; the limits and their use; what it costs now")
    .option("--days <days>", "and how many days of the past, with what to change", daysOfPast)
    .option("--watch [seconds]", "shows it again and again, every 5 seconds or as given", secondsOrDefault)
    .addHelpText(
      "after",
      "\nExamples:\n  $ npx runners status --json\n  $ npx runners status --days 30\n  $ npx runners status --watch 10",
    )
    .action((options: StatusOptions) => run((context) => status(context, options)));
