import type { TomlTable } from "smol-toml";
import { type Arguments, flag } from "./arguments";
import { readRunners, systemId, writeRunners } from "./config";
import { ask, runnerInfo } from "./gitlab-api";
import type { RunnerLog } from "./runner-log";

const DEFAULT_CONFIG = "config.toml";

/** Properties that only a registration token may set. With an authentication token they are set in GitLab. */
const SERVER_SIDE = ["tag-list", "run-untagged", "locked", "maximum-timeout", "access-level"];

const configFile = (args: Arguments): string => flag(args, "config") || DEFAULT_CONFIG;

const entries = (path: string): TomlTable[] => {
  try {
    return readRunners(path);
  } catch {
    return [];
  }
};

const entry = (args: Arguments, token: string): TomlTable => ({
  name: flag(args, "name") || flag(args, "description") || "runner",
  url: flag(args, "url").replace(/\/+$/, ""),
  token,
  executor: flag(args, "executor") || "shell",
});

/** `register`: a registration token creates a runner; an authentication token (`glrt-…`) is only verified. */
export const register = async (args: Arguments, log: RunnerLog): Promise<void> => {
  const registration = flag(args, "registration-token");
  const token = flag(args, "token");
  if (!registration && SERVER_SIDE.some((name) => args.flags.has(name))) {
    log.fatal("Runner configuration other than name and executor is reserved: set it in GitLab");
  }
  const base = flag(args, "url").replace(/\/+$/, "");
  const info = runnerInfo(flag(args, "executor") || "shell");
  const id = systemId(configFile(args));
  const answer = registration
    ? await ask(base, {
        method: "POST",
        path: "runners",
        body: JSON.stringify(registrationBody(args, registration, info)),
      })
    : await ask(base, {
        method: "POST",
        path: "runners/verify",
        body: JSON.stringify({ info, token, system_id: id }),
      });
  if (answer.status !== (registration ? 201 : 200))
    log.fatal(`Failed to register the runner. status=${answer.status}`);
  const authenticationToken = registration
    ? String((JSON.parse(answer.body) as { token?: string }).token)
    : token;
  writeRunners(configFile(args), [...entries(configFile(args)), entry(args, authenticationToken)], id);
  log.info("Runner registered successfully.");
};

const registrationBody = (args: Arguments, token: string, info: object): object => ({
  token,
  info,
  description: flag(args, "name") || flag(args, "description"),
  tag_list: flag(args, "tag-list"),
  run_untagged: flag(args, "run-untagged") !== "false",
  locked: flag(args, "locked") !== "false",
  maximum_timeout: flag(args, "maximum-timeout") ? Number(flag(args, "maximum-timeout")) : undefined,
});

/** With an authentication token that GitLab's API created, only the manager is deleted; the runner stays. */
const unregisterOne = async (runner: TomlTable, id: string): Promise<boolean> => {
  const token = String(runner.token);
  const isCreated = token.startsWith("glrt-");
  const answer = await ask(String(runner.url), {
    method: "DELETE",
    path: isCreated ? "runners/managers" : "runners",
    headers: { "RUNNER-TOKEN": token },
    body: JSON.stringify(isCreated ? { token, system_id: id } : { token }),
  });
  return answer.status === 204;
};

/** `unregister`. Without a matching entry it fails, except with `--all-runners`. */
export const unregister = async (args: Arguments, log: RunnerLog): Promise<void> => {
  const path = configFile(args);
  const all = entries(path);
  const isAll = args.flags.has("all-runners");
  const isMeant = (runner: TomlTable): boolean =>
    isAll || runner.token === flag(args, "token") || runner.name === flag(args, "name");
  if (!isAll && !all.some(isMeant)) log.fatal("could not find a runner with this name or token");
  const id = systemId(path);
  const kept: TomlTable[] = [];
  for (const runner of all) {
    if (!isMeant(runner)) kept.push(runner);
    else if (!(await unregisterOne(runner, id))) {
      log.error("Unregistering runner from GitLab failed");
      kept.push(runner);
    }
  }
  if (all.length > 0) writeRunners(path, kept, id);
};

/** `verify`: checks each entry of the configuration file with GitLab. */
export const verify = async (args: Arguments, log: RunnerLog): Promise<void> => {
  const path = configFile(args);
  for (const runner of entries(path)) {
    const body = JSON.stringify({
      info: runnerInfo("shell"),
      token: runner.token,
      system_id: systemId(path),
    });
    const answer = await ask(String(runner.url), { method: "POST", path: "runners/verify", body });
    if (answer.status === 200) log.info("Verifying runner... is valid");
    else log.fatal("Verifying runner... is not valid");
  }
};
