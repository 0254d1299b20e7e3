import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";

/** The options of `npm start -- …`. */
export interface CommandOptions {
  readonly headless: boolean;
  /** Nothing is deployed. */
  readonly empty: boolean;
  readonly verbose: boolean;
  /** With the limits of an account that nobody has raised one of. */
  readonly newAccount: boolean;
  readonly port?: number;
  /** Address of a real GitLab. */
  readonly gitlab?: string;
  readonly webhookToken?: string;
}

/** The parsed options, or a text to print and an exit code (0: help, 2: misuse). */
export type ParsedOptions =
  | { readonly options: CommandOptions }
  | { readonly text: string; readonly exitCode: number };

const parsePort = (value: string): number => {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError("give a number from 1 to 65535");
  }
  return port;
};

const parseGitLab = (value: string): string => {
  try {
    return checkGitLabUrl(value);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
};

const parseToken = (value: string): string => {
  // GitLab sends the token unencoded as the value of a header.
  if (!/^[\x21-\x7e]{8,255}$/.test(value)) {
    throw new InvalidArgumentError("give 8 to 255 printable characters without spaces");
  }
  return value;
};

const EXAMPLES = `
Environment:
  GITLAB_ACCESS_TOKEN   access token for --gitlab (scopes create_runner, manage_runner, read_api)
  GITLAB_RUNNER         path of gitlab-runner, where it is not on PATH; without one a stand-in runs the jobs
  AWS_ENDPOINT_URL      an emulator that runs already and is to be used instead of the laptop's own

Examples:
  npm start                                              run the sample pipeline, then serve
  npm start -- --gitlab https://gitlab.example.com       serve a real GitLab's jobs from this machine
  npm start -- --new-account                             the same with the limits of a new AWS account
  npm start -- --headless --port 8080                    serve for other programs; one JSON line when ready
  npm start -- --headless --empty                        the same with nothing deployed: deploy to it as to AWS
`;

const program = (): Command =>
  new Command("npm start --")
    .description("Runs the whole application on this machine, with no AWS account.")
    .option("--headless", "no sample pipeline; one JSON line on stdout when ready, all else on stderr", false)
    .option(
      "--empty",
      "with --headless: nothing is deployed, for sam deploy or npm run deploy to do it",
      false,
    )
    .addOption(
      new Option("--port <number>", "port of the webhook; a free one by default").argParser(parsePort),
    )
    .addOption(new Option("--gitlab <url>", "a real GitLab instead of the stand-in").argParser(parseGitLab))
    .addOption(
      new Option("--webhook-token <token>", "secret of the webhook; a new one by default").argParser(
        parseToken,
      ),
    )
    .option(
      "--new-account",
      "hold AWS to the limits of a new account: ten functions at a time, 5 vCPUs, no spot role",
      false,
    )
    .option("--verbose", "tell more of what happens", false)
    .allowExcessArguments(false)
    .addHelpText("after", EXAMPLES);

/** An empty laptop tells how to deploy to it by its ready line alone, and stores no secret of a webhook. */
const checkEmpty = (command: Command): Command => {
  const { empty, headless, webhookToken } = command.opts<CommandOptions>();
  if (empty && !headless) command.error("error: option '--empty' goes with '--headless'", { exitCode: 2 });
  if (empty && webhookToken !== undefined)
    command.error("error: option '--webhook-token' has no use with '--empty'", { exitCode: 2 });
  return command;
};

/** Reads the arguments after `npm start --`. */
export const parseOptions = (args: readonly string[]): ParsedOptions => {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const command = program().exitOverride().configureOutput({ writeOut: write, writeErr: write });
  try {
    return { options: checkEmpty(command.parse([...args], { from: "user" })).opts<CommandOptions>() };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { text: written.join(""), exitCode: error.exitCode === 0 ? 0 : 2 };
  }
};
