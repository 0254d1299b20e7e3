import { Command } from "commander";
import type { JobAddress } from "../../start/job-address";
import { jobAddress } from "../arguments";
import { common, type RunCommand } from "../common";
import { type LogsOptions, logs } from "./logs";

export const logsCommand = (run: RunCommand): Command =>
  common(new Command("logs"))
    .description("all that was logged about one job, in order: functions, workflows, runner, instance")
    .argument("<job>", "the job's id, or its address in GitLab", jobAddress)
    .option("--follow", "shows lines as they come, until the job's runner is gone")
    .addHelpText(
      "after",
      `
Examples:
  $ npx runners logs 3580121225
  $ npx runners logs --follow https://gitlab.example.com/group/project/-/jobs/3580121225`,
    )
    .action((job: JobAddress, options: LogsOptions) => run((context) => logs(context, job, options)));
