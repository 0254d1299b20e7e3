import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CommandStubSettings {
  /** The instance's own folder (`GLR_ROOT`). */
  readonly root: string;
  /** The stub of `shutdown` posts here. */
  readonly powerOffUrl: string;
  /** Path of gitlab-runner or of its stand-in. */
  readonly gitlabRunner: string;
  /** Variables for every process of the instance, jobs included. */
  readonly env: Readonly<Record<string, string>>;
  readonly path: string;
}

/** Commands that the shipped user data calls and that must not change this machine. */
const COMMANDS: Readonly<Record<string, string>> = {
  shutdown: "power-off.sh",
  systemctl: "power-off.sh",
  "systemd-run": "systemd-run.sh",
  iptables: "record-call.sh",
  ip6tables: "record-call.sh",
  docker: "docker.sh",
  "gitlab-runner": "gitlab-runner.sh",
};

const NO_DOCKER_NOTICE =
  "echo 'There is no Docker here: the laptop runs this job of a docker executor in the shell executor, without a container.'";

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** TOML's basic strings have the escapes of JSON. */
const toml = (text: string): string => JSON.stringify(text);

const instanceEnv = ({ root, powerOffUrl, gitlabRunner, env }: CommandStubSettings): string =>
  Object.entries({
    ...env,
    TMPDIR: join(root, "tmp"),
    GLR_COMMAND_LOG: join(root, "commands.log"),
    GLR_POWER_OFF_URL: powerOffUrl,
    GLR_GITLAB_RUNNER: gitlabRunner,
  })
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join("");

/** A job's login shell resets PATH. The runner's `environment` is set after that, so that jobs get the stubs too. */
const executorToml = ({ root, path }: CommandStubSettings): string =>
  [
    'executor = "shell"',
    'shell = "bash"',
    `builds_dir = ${toml(join(root, "job/builds"))}`,
    `cache_dir = ${toml(join(root, "job/cache"))}`,
    `environment = [${toml(`PATH=${path}`)}, ${toml(`TMPDIR=${join(root, "tmp")}`)}]`,
    `pre_build_script = ${toml(NO_DOCKER_NOTICE)}`,
    "",
  ].join("\n");

/** Fills the folder that is first on an instance's PATH. */
export const writeCommandStubs = (folder: string, settings: CommandStubSettings): void => {
  for (const path of [folder, join(settings.root, "tmp")]) mkdirSync(path, { recursive: true });
  for (const [name, source] of Object.entries(COMMANDS)) {
    copyFileSync(join(__dirname, "../command-stubs", source), join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(folder, "instance.env"), instanceEnv(settings));
  writeFileSync(join(folder, "executor.toml"), executorToml(settings));
};
