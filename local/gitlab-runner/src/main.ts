import { userInfo } from "node:os";
import type { TomlTable } from "smol-toml";
import { type Arguments, flag, parseArguments } from "./arguments";
import { type RunnerConfig, readRunners, runnerConfig, systemId } from "./config";
import { REVISION, VERSION } from "./gitlab-api";
import { register, unregister, verify } from "./register";
import { RunSingle } from "./run-single";
import { RunnerLog } from "./runner-log";

const EXECUTORS = ["shell", "docker", "docker-autoscaler", "custom"];

/** With `-r` the file's entry replaces the runner's flags. Without it `--config` is ignored, as in gitlab-runner. */
const runnerTable = (args: Arguments, log: RunnerLog): TomlTable => {
  const name = flag(args, "runner");
  if (name === "") return flagTable(args);
  try {
    const found = readRunners(flag(args, "config")).find((runner) => runner.name === name);
    return (
      found ?? log.fatal(`Error loading runner by name: could not find a runner with the name '${name}'`)
    );
  } catch (error) {
    return log.fatal(`Error loading config: ${(error as Error).message}`);
  }
};

const flagTable = (args: Arguments): TomlTable => ({
  name: flag(args, "name"),
  url: flag(args, "url"),
  token: flag(args, "token"),
  executor: flag(args, "executor"),
  builds_dir: flag(args, "builds-dir"),
  cache_dir: flag(args, "cache-dir"),
  environment: args.flags.has("env") ? [flag(args, "env")] : [],
  output_limit: Number(flag(args, "output-limit")),
  job_status_final_update_retry_limit: Number(flag(args, "job-status-final-update-retry-limit")),
  pre_build_script: flag(args, "pre-build-script"),
  post_build_script: flag(args, "post-build-script"),
});

/** HOME, else what the system knows of the user; a user whom it does not know has to set it. */
const fixHome = (log: RunnerLog): void => {
  try {
    process.env.HOME ||= userInfo().homedir;
  } catch {
    log.fatal("The user home directory is not known: set HOME");
  }
};

const checked = (config: RunnerConfig, log: RunnerLog): RunnerConfig => {
  fixHome(log);
  if (config.url === "") log.fatal("Missing URL");
  if (config.token === "") log.fatal("Missing Token");
  if (config.executor === "") log.fatal("Missing Executor");
  if (!EXECUTORS.includes(config.executor)) log.fatal(`Unknown executor: ${config.executor}`);
  return config;
};

const runSingle = async (args: Arguments, log: RunnerLog): Promise<void> => {
  const file = flag(args, "runner") === "" ? undefined : flag(args, "config");
  const config = checked(runnerConfig(runnerTable(args, log), systemId(file)), log);
  if (config.executor !== "shell") {
    log.warning(`The stand-in has no ${config.executor} executor: jobs run in this machine's shell`);
  }
  const options = {
    maxBuilds: Number(flag(args, "max-builds")),
    waitTimeoutSeconds: Number(flag(args, "wait-timeout")),
  };
  await new RunSingle(config, options, log).run();
};

const COMMANDS: Record<string, (args: Arguments, log: RunnerLog) => Promise<void>> = {
  "run-single": runSingle,
  register,
  unregister,
  verify,
};

/** As in gitlab-runner, the help shows the token in CI_SERVER_TOKEN as the default of its flag. */
const help = (): void => {
  const token = process.env.CI_SERVER_TOKEN;
  console.log(`gitlab-runner stand-in ${VERSION}\n\nCommands: ${Object.keys(COMMANDS).join(", ")}`);
  if (token) console.log(`   -t value, --token value  Runner token (default: "${token}") [$CI_SERVER_TOKEN]`);
};

const parsed = (argv: readonly string[]): Arguments => {
  try {
    return parseArguments(argv);
  } catch (error) {
    help();
    console.error((error as Error).message);
    return process.exit(1);
  }
};

const main = async (): Promise<void> => {
  const args = parsed(process.argv.slice(2));
  if (args.flags.has("version")) {
    console.log(
      `Version:      ${VERSION}\nGit revision: ${REVISION}\nStand-in:     not the real gitlab-runner`,
    );
    return;
  }
  const command = COMMANDS[args.command];
  if (args.flags.has("help") || command === undefined) {
    help();
    process.exit(args.command === "" || args.flags.has("help") ? 0 : 1);
  }
  if (args.flags.has("shutdown-timeout")) {
    console.error("panic: reflect: reflect.Value.SetInt using value obtained using unexported field");
    process.exit(2);
  }
  const hasDebug = args.flags.has("debug") || flag(args, "log-level") === "debug";
  const log = new RunnerLog(flag(args, "log-format") === "json" ? "json" : "text", hasDebug);
  log.warning("This is a stand-in for gitlab-runner, not the real one");
  await command(args, log);
  process.exit(0);
};

main();
