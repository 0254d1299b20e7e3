import { join } from "node:path";
import { ConfigurationError } from "../../Core/errors";
import type { AwsHome, Context, ProgramResult } from "../context";
import { CLONE } from "../deploy/answers/kept-answers";
import { awsVariables } from "../deploy/aws-home";

/** A SAM CLI, and where in AWS it works. */
export interface SamCli {
  /** @param cwd whose samconfig.toml counts */
  run(args: readonly string[], cwd: string): Promise<ProgramResult>;
}

/** As the README says. */
const MIN_VERSION = [1, 167] as const;
/** The one that `npm start` installs for itself. */
const PRIVATE_SAM = join(CLONE, ".local", "venv", "bin", "sam");

const isNewEnough = ({ exitCode, output }: ProgramResult): boolean => {
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(output) ?? [];
  if (exitCode !== 0 || major === undefined) return false;
  return (
    Number(major) > MIN_VERSION[0] || (Number(major) === MIN_VERSION[0] && Number(minor) >= MIN_VERSION[1])
  );
};

const isUsable = async ({ runProgram }: Context, program: string): Promise<boolean> =>
  isNewEnough(
    await runProgram({ program, args: ["--version"], cwd: CLONE, env: { SAM_CLI_TELEMETRY: "0" } }),
  );

const install = async ({ console, runProgram }: Context): Promise<void> => {
  const version = MIN_VERSION.join(".");
  console.err(
    `There is no SAM CLI of version ${version} or later on PATH. One is installed into .local of this clone …`,
  );
  const args = [join(CLONE, "local", "setup", "command.mjs")];
  const { exitCode, output } = await runProgram({ program: process.execPath, args, cwd: CLONE });
  if (exitCode === 0) return;
  throw new ConfigurationError(
    `SAM CLI could not be installed. Install version ${version} or later yourself (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html), then deploy again.\n${output.trim()}`,
  );
};

const findProgram = async (context: Context): Promise<string> => {
  for (const program of ["sam", PRIVATE_SAM]) if (await isUsable(context, program)) return program;
  await install(context);
  return PRIVATE_SAM;
};

/**
 * The SAM CLI on PATH, or the clone's own, which is installed where it is missing.
 *
 * @throws ConfigurationError when there is none to be had
 */
export const findSam = async (context: Context, home: AwsHome): Promise<SamCli> => {
  const program = await findProgram(context);
  // Without --profile botocore prefers credentials in the environment.
  const profile = home.profile === undefined ? [] : ["--profile", home.profile];
  const env = {
    ...awsVariables(home),
    SAM_CLI_TELEMETRY: "0",
    // Its own lines are not shown, so it need not look as often as ours. Five seconds is its default.
    SAM_CLI_POLL_DELAY: context.env.SAM_CLI_POLL_DELAY ?? "2",
  };
  return {
    run: ([command = "", ...args], cwd) =>
      context.runProgram({ program, args: [command, ...args, ...profile], cwd, env }),
  };
};

const KEPT_LINES = 12;

/** What SAM says of its failure: from its last error on, or its last lines. */
export const samFailure = ({ output }: ProgramResult): string => {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const from = lines.findLastIndex((line) => /^\s*(Error|Build Failed)\b/.test(line));
  return lines
    .slice(from < 0 ? -KEPT_LINES : from)
    .slice(0, KEPT_LINES)
    .join("\n");
};
