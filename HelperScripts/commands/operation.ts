import { Command } from "commander";
import type { CommonOptions } from "../context";
import { VERIFY_CHECKS, type VerifyCheckName } from "../verify/result";
import { commaList, oneOfThese, positiveInteger } from "./arguments";
import { checkRunner } from "./check-runner";
import { common, type RunCommand } from "./common";
import { type ConfigureOptions, configure } from "./configure";
import { type DoctorOptions, doctor } from "./doctor";
import { type RedriveOptions, redrive } from "./redrive";
import { type StartOptions, start } from "./start";
import { type DrainOptions, drain, pause, resume } from "./starts";
import { type VerifyOptions, verify } from "./verify";

const gather = (text: string, before: readonly number[] = []): readonly number[] => [
  ...before,
  positiveInteger(text),
];

export const doctorCommand = (run: RunCommand): Command =>
  common(new Command("doctor"))
    .description("check a deployment from end to end, with a remedy for each finding")
    .option("--project <id>", "look at this project's webhook; may be given again", gather)
    .addHelpText(
      "after",
      "\nExamples:\n  $ npx runners doctor\n  $ npx runners doctor --project 42 --project 43\n\nExit code 1 when something has to be fixed; warnings alone end with 0.",
    )
    .action((options: DoctorOptions) => run((context) => doctor(context, options)));

export const checkRunnerCommand = (run: RunCommand): Command =>
  common(new Command("check-runner"))
    .description("ask Lambda runners what they are: versions, processor, time; no runner is started")
    .argument("[function]", "a function's ARN or name, or a class; without it all that are mapped")
    .addHelpText(
      "after",
      "\nExamples:\n  $ npx runners check-runner\n  $ npx runners check-runner default --json\n\nExit code 1 when a function cannot run a job.",
    )
    .action((wanted: string | undefined, options: CommonOptions) =>
      run((context) => checkRunner(context, wanted, options)),
    );

export const configureCommand = (run: RunCommand): Command =>
  common(new Command("configure"))
    .description("store GitLab's address, token and a webhook secret, and make or fix webhooks")
    .option("--url <address>", "GitLab's address")
    .option("--project <id>", "make or fix this project's webhook; may be given again", gather)
    .option("--group <id>", "make or fix this group's webhook; may be given again", gather)
    .option(
      "--ca-certificate <file>",
      "the private authority behind GitLab's certificate, PEM; none removes it",
    )
    .option("--source-addresses <ranges>", "where webhooks may come from, joined by commas; none: anywhere")
    .option("--rotate-secret", "make a new secret; the old one is let in until its parameter is deleted")
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "show what would be done, do nothing")
    .addHelpText(
      "after",
      `
Secrets come by prompt or environment, never as arguments:
  GITLAB_ACCESS_TOKEN   stored; scopes create_runner, manage_runner, read_api
  GITLAB_SETUP_TOKEN    used once for webhooks and not stored; scope api

Examples:
  $ npx runners configure --url https://gitlab.example.com --project 42
  $ npx runners configure --source-addresses 34.74.90.64/28,34.74.226.0/24
  $ NODE_EXTRA_CA_CERTS=gitlab-ca.pem npx runners configure --ca-certificate gitlab-ca.pem`,
    )
    .action((options: ConfigureOptions) =>
      run((context) =>
        configure(context, options, {
          accessToken: context.env.GITLAB_ACCESS_TOKEN,
          setupToken: context.env.GITLAB_SETUP_TOKEN,
        }),
      ),
    );

export const startCommand = (run: RunCommand): Command =>
  common(new Command("start"))
    .description("start a runner for one pending job now, and say what came of it")
    .argument("<job>", "the job's id, or its address in GitLab")
    .option("--again", "open one more attempt, also when all are used up")
    .option("--project <id>", "the job's project, where the ledger does not know the job", positiveInteger)
    .addHelpText(
      "after",
      `
Examples:
  $ npx runners start 3580121225
  $ npx runners start https://gitlab.example.com/group/project/-/jobs/3580121225
  $ npx runners start 3580121225 --again

Exit code 0 when a runner was started or the job waits, 1 when nothing was started.`,
    )
    .action((job: string, options: StartOptions) => run((context) => start(context, job, options)));

export const pauseCommand = (run: RunCommand): Command =>
  common(new Command("pause"))
    .description("pause new starts: jobs are queued, running ones go on")
    .addHelpText("after", "\nExample:\n  $ npx runners pause")
    .action((options: CommonOptions) => run((context) => pause(context, options)));

export const resumeCommand = (run: RunCommand): Command =>
  common(new Command("resume"))
    .description("resume new starts")
    .addHelpText("after", "\nExample:\n  $ npx runners resume")
    .action((options: CommonOptions) => run((context) => resume(context, options)));

export const drainCommand = (run: RunCommand): Command =>
  common(new Command("drain"))
    .description("pause new starts, wait until nothing runs, say how to delete the stacks")
    .option("--timeout-minutes <minutes>", "wait so long at most", positiveInteger, 180)
    .addHelpText("after", "\nExample:\n  $ npx runners drain --timeout-minutes 60")
    .action((options: DrainOptions) => run((context) => drain(context, options)));

export const redriveCommand = (run: RunCommand): Command =>
  common(new Command("redrive"))
    .description("try again what rules and functions gave up (DLQ messages)")
    .option("--limit <count>", "so many letters at most", positiveInteger, 500)
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "show the letters, change nothing")
    .addHelpText("after", "\nExample:\n  $ npx runners redrive --dry-run")
    .action((options: RedriveOptions) => run((context) => redrive(context, options)));

const checkNames = (text: string): readonly VerifyCheckName[] =>
  commaList(text).map((name) => oneOfThese(VERIFY_CHECKS)(name) as VerifyCheckName);

export const verifyCommand = (run: RunCommand): Command =>
  common(new Command("verify"))
    .description("play jobs, a cancel, a lost webhook and more against the deployment, and write a report")
    .option("--project <id>", "the project in which jobs are run", positiveInteger)
    .option("--only <checks>", "these checks alone, joined by commas", checkNames)
    .option("--out <folder>", "where the report goes", ".local/verify")
    .option("-y, --yes", "do not ask before a branch, a pipeline and runners are made")
    .addHelpText(
      "after",
      `
Checks: ${VERIFY_CHECKS.join(", ")}

The token comes by the environment, never as an argument:
  GITLAB_SETUP_TOKEN   used once for branch, pipeline and webhook, and not stored; scope api.
                       Without it the stored access token is tried.

Example:
  $ npx runners verify --project 42

Exit code 1 when a check failed. The report holds no secret, account or address.`,
    )
    .action((options: VerifyOptions) => run((context) => verify(context, options)));
