import { Command } from "commander";
import type { DeployOptions } from "../../deploy/answers/given-answers";
import { positiveInteger } from "../arguments";
import type { RunCommand } from "../common";
import { deploy } from "./deploy";
import { type UndeployOptions, undeploy } from "./undeploy";

export const deployCommand = (run: RunCommand): Command =>
  new Command("deploy")
    .description(
      "make or update a whole deployment: stacks, secrets, webhooks, first mapping; then one test job",
    )
    .option("--answers <file>", "a JSON document of answers instead of questions")
    .option("--name <name>", "the deployment's name (default gitlab-runners)")
    .option(
      "--image-uri <uri>",
      "an image of the Lambda runner that is pushed already, instead of building one",
    )
    .option("-y, --yes", "ask nothing; without --answers, the answers of the last run count")
    .option("--test-job", "at the end run one job in the first project that is served")
    .option("--no-test-job", "do not offer it")
    .option("--json", "the result as one JSON document on stdout")
    .addHelpText(
      "after",
      `
Examples:
  $ npm run deploy
  $ npm run deploy -- --answers answers.json --yes --test-job

The document: { "gitlabUrl": "https://gitlab.example.com", "accessToken": "glpat-…", "projects": ["42", "group/app", "group/*"] },
and if you like "name", "region", "profile", "alarmEmail", "microVm", "runbookUrl", "imageUri", "setupToken", "caCertificate" (a file, or PEM),
"network" (yours; docs/networks.md). HelperScripts/deploy-answers.schema.json is its schema. Tokens also come by the environment:
  GITLAB_ACCESS_TOKEN   stored encrypted; scopes create_runner, manage_runner, read_api
  GITLAB_SETUP_TOKEN    used for webhooks and the test job, and not stored; scope api. Without it the access token is tried.

Answers are kept without tokens in .deploy, which Git ignores. Exit code 1 when something was not made, doctor finds
something to fix, or the test job failed.`,
    )
    .action((_options: object, command: Command) =>
      run((context) => deploy(context, command.optsWithGlobals<DeployOptions>())),
    );

export const undeployCommand = (run: RunCommand): Command =>
  new Command("undeploy")
    .description("wait until nothing runs, remove webhooks and stacks, and say what is kept")
    .option("--name <name>", "the deployment's name (default gitlab-runners)")
    .option("--all", "also delete what is kept otherwise: tables, images, caches and secrets")
    .option("--timeout-minutes <minutes>", "wait so long at most for jobs that run", positiveInteger, 180)
    .option("-y, --yes", "ask nothing; takes --name")
    .option("--json", "the result as one JSON document on stdout")
    .addHelpText(
      "after",
      `
Examples:
  $ npm run undeploy
  $ npm run undeploy -- --name gitlab-runners --all --yes

Webhooks are removed with GITLAB_SETUP_TOKEN (scope api), or else with the stored access token. Exit code 1 when something
is left that should have gone; the same command then goes on.`,
    )
    .action((_options: object, command: Command) =>
      run((context) => undeploy(context, command.optsWithGlobals<UndeployOptions>())),
    );
