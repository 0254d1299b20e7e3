import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { safeLines } from "../Core/safe-text";
import type { RunCommand } from "./commands/common";
import { deployCommand, undeployCommand } from "./commands/deployment/command";
import { imageCommand } from "./commands/image";
import { mappingCommand } from "./commands/mapping/command";
import {
  checkRunnerCommand,
  configureCommand,
  doctorCommand,
  drainCommand,
  pauseCommand,
  redriveCommand,
  resumeCommand,
  startCommand,
  verifyCommand,
} from "./commands/operation";
import { explainCommand, statusCommand, whyCommand } from "./commands/questions";
import { costCommand } from "./commands/usage/command";
import type { Context, ExitCode } from "./context";
import { failure } from "./failures";

const examples = `
Examples:
  $ npx runners deploy
  $ npx runners mapping upload HelperScripts/runner-mapping.json
  $ npx runners explain --project 42 --job build --tags docker,arm64
  $ npx runners why 3580121225
  $ npx runners doctor

Works on the account and region of the AWS environment, or of --profile and --region. For the laptop, set the variables that
"env" holds in the line that npm start prints when it is ready.
Exit codes: 0 done, 1 failed, 2 misused.`;

const version = (): string =>
  JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8")).version as string;

interface AwsChoice {
  readonly profile?: string;
  readonly region?: string;
}

/** As the AWS CLI does: a profile that is named goes before credentials of the environment. */
const chooseAws = (env: Context["env"], { profile, region }: AwsChoice): void => {
  if (region !== undefined) env.AWS_REGION = region;
  if (profile === undefined) return;
  env.AWS_PROFILE = profile;
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) delete env[name];
};

/** The command line. `run` is called with the work of the command that was given. */
export const makeProgram = (run: RunCommand): Command =>
  new Command("runners")
    .description("GitLab AutoScaled Runners on AWS: mapping, questions, operation")
    .version(version())
    .option("--profile <name>", "the AWS profile, before or after the command")
    .option("--region <name>", "the AWS region, before or after the command")
    .addHelpText("after", examples)
    .addCommand(mappingCommand(run))
    .addCommand(explainCommand(run))
    .addCommand(whyCommand(run))
    .addCommand(statusCommand(run))
    .addCommand(costCommand(run))
    .addCommand(startCommand(run))
    .addCommand(doctorCommand(run))
    .addCommand(checkRunnerCommand(run))
    .addCommand(imageCommand(run))
    .addCommand(verifyCommand(run))
    .addCommand(configureCommand(run))
    .addCommand(pauseCommand(run))
    .addCommand(resumeCommand(run))
    .addCommand(drainCommand(run))
    .addCommand(redriveCommand(run))
    .addCommand(deployCommand(run))
    .addCommand(undeployCommand(run));

export const silence = (command: Command, context: Pick<Context, "console">): void => {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => context.console.out(safeLines(text.trimEnd())),
    writeErr: (text) => context.console.err(safeLines(text.trimEnd())),
  });
  command.showHelpAfterError("(--help tells more)");
  for (const child of command.commands) silence(child, context);
};

/**
 * Runs the command line.
 *
 * @param argv without node and script
 * @returns the exit code
 */
export const runProgram = async (argv: readonly string[], context: Context): Promise<ExitCode> => {
  let exitCode: ExitCode = 0;
  const run: RunCommand = async (work) => {
    chooseAws(context.env, program.opts());
    exitCode = await work(context);
  };
  const program = makeProgram(run);
  try {
    silence(program, context);
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    const { message, exitCode: failed } = failure(error);
    if (message) context.console.err(`${context.console.colours.red("Error:")} ${safeLines(message)}`);
    return failed;
  }
};
