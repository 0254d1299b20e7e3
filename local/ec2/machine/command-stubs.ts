import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { InstallFailure } from "../../../Core/model/reasons";
import { type MachineImage, PREPARED, PUBLISHED, writeImage } from "./machine-image";

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
  /** What its image holds. Absent: all that a runner needs. */
  readonly image?: MachineImage;
  /** The installation fails, in this way. */
  readonly installFault?: InstallFailure;
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

/** Commands with which a plain image's machine installs what it lacks. */
const INSTALLERS = [
  "dnf",
  "apt-get",
  "curl",
  "gpg",
  "sha256sum",
  "unzip",
  "aws",
  "stat",
  "cloud-init",
] as const;

const NO_DOCKER_NOTICE =
  "echo 'There is no Docker here: the laptop runs this job of a docker executor in the shell executor, without a container.'";

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** TOML's basic strings have the escapes of JSON. */
const toml = (text: string): string => JSON.stringify(text);

const instanceEnv = (settings: CommandStubSettings): string => {
  const { root, powerOffUrl, gitlabRunner, env, installFault } = settings;
  return Object.entries({
    ...env,
    ...PUBLISHED,
    ...(installFault ? { GLR_INSTALL_FAULT: installFault } : {}),
    GLR_ROOT: root,
    TMPDIR: join(root, "tmp"),
    GLR_COMMAND_LOG: join(root, "commands.log"),
    GLR_POWER_OFF_URL: powerOffUrl,
    GLR_GITLAB_RUNNER: gitlabRunner,
  })
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join("");
};

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

/** The names of the stubs of a machine with this image, and their sources. */
const stubsOf = ({ isPrepared }: MachineImage): Readonly<Record<string, string>> =>
  isPrepared
    ? COMMANDS
    : { ...COMMANDS, ...Object.fromEntries(INSTALLERS.map((name) => [name, "installers.sh"])) };

/** Fills the folder that is first on an instance's PATH, and the instance's own with what its image holds. */
export const writeCommandStubs = (folder: string, settings: CommandStubSettings): void => {
  const { image = PREPARED } = settings;
  for (const path of [folder, join(settings.root, "tmp")]) mkdirSync(path, { recursive: true });
  writeImage(settings.root, image);
  for (const [name, source] of Object.entries(stubsOf(image))) {
    copyFileSync(join(__dirname, "../command-stubs", source), join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(folder, "instance.env"), instanceEnv(settings));
  writeFileSync(join(folder, "executor.toml"), executorToml(settings));
};
