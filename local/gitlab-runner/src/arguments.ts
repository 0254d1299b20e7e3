/** A parsed command line: the command, and the flags by their long names. */
export interface Arguments {
  readonly command: string;
  readonly flags: ReadonlyMap<string, string>;
}

const SHORT: Record<string, string> = {
  c: "config",
  r: "runner",
  u: "url",
  t: "token",
  n: "name",
  v: "version",
  h: "help",
};

/** Flags without a value. */
const SWITCHES = [
  "debug",
  "version",
  "help",
  "non-interactive",
  "all-runners",
  "delete",
  "run-untagged",
  "locked",
  "docker-privileged",
];

const GLOBAL = ["debug", "version", "help", "log-format", "log-level"];

/** Accepted flags; some have no effect here. */
const KNOWN = [
  ...GLOBAL,
  ...SWITCHES,
  "config",
  "runner",
  "url",
  "token",
  "name",
  "description",
  "executor",
  "shell",
  "builds-dir",
  "cache-dir",
  "env",
  "max-builds",
  "wait-timeout",
  "registration-token",
  "tag-list",
  "maximum-timeout",
  "access-level",
  "output-limit",
  "job-status-final-update-retry-limit",
  "pre-build-script",
  "post-build-script",
  "docker-image",
  "shutdown-timeout",
  "clone-url",
  "feature-flags",
  "docker-volumes",
  "docker-pull-policy",
];

/** @throws Error that names the unknown flag, as gitlab-runner does */
export const parseArguments = (argv: readonly string[]): Arguments => {
  const flags = new Map<string, string>();
  let command = "";
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const match = /^--?([A-Za-z-]+)(?:=([\s\S]*))?$/.exec(word);
    if (!match) {
      if (command !== "") throw new Error(`unexpected argument: ${word}`);
      command = word;
      continue;
    }
    const name = SHORT[match[1] ?? ""] ?? match[1] ?? "";
    if (!KNOWN.includes(name)) throw new Error(`flag provided but not defined: -${name}`);
    const value = match[2] ?? (SWITCHES.includes(name) ? "true" : argv[++at]);
    if (value === undefined) throw new Error(`flag needs an argument: -${name}`);
    flags.set(name, value);
  }
  return { command, flags };
};

/** Environment variables that are used for missing flags. */
const VARIABLES: Record<string, string> = {
  url: "CI_SERVER_URL",
  token: "CI_SERVER_TOKEN",
  executor: "RUNNER_EXECUTOR",
  config: "CONFIG_FILE",
  name: "RUNNER_NAME",
  "builds-dir": "RUNNER_BUILDS_DIR",
  "cache-dir": "RUNNER_CACHE_DIR",
  "registration-token": "REGISTRATION_TOKEN",
};

/** The value of a flag or of its environment variable; empty when neither is set. */
export const flag = (args: Arguments, name: string): string =>
  args.flags.get(name) ?? process.env[VARIABLES[name] ?? ""] ?? "";
