import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../Core/defined";
import type { InstallFailure } from "../../Core/model/reasons";
import { chooseMark, marked } from "../../Core/process/job-mark";
import { JobProcesses } from "../../Core/process/job-processes";
import { systemTable } from "../../Core/process/process-table";
import type { SimulatorInstance } from "../../local/ec2/instance";
import { writeCommandStubs } from "../../local/ec2/machine/command-stubs";
import type { MachineImage } from "../../local/ec2/machine/machine-image";
import { startMetadataService } from "../../local/ec2/machine/metadata-service";
import { ROLE_ID, renderedUserData } from "./rendered-user-data";
import type { StoredRow } from "./row-table";

export const INSTANCE_ID = "i-0123456789abcdef0";
export const KEY = `${ROLE_ID}:${INSTANCE_ID}`;
export const TOKEN = "glrt-SECRET-token_1";

const INSTANCE: SimulatorInstance = {
  instanceId: INSTANCE_ID,
  reservationId: "r-1",
  instanceType: "t4g.small",
  subnetId: "subnet-1",
  boughtAs: "on-demand",
  launchedAt: 0,
  privateIp: "10.0.0.1",
  state: "running",
  imageId: "ami-1",
  instanceProfileArn: "arn:aws:iam::123456789012:instance-profile/runner",
  isTokenRequired: true,
  hopLimit: 1,
  terminatesOnShutdown: true,
  rootDeviceName: "/dev/xvda",
  disks: [],
  tags: {},
  volumeTags: {},
};

export const storedRow = (change: StoredRow = {}): StoredRow => ({
  key: { S: KEY },
  url: { S: "https://gitlab.example.com" },
  token: { S: TOKEN },
  runnerId: { N: "9001" },
  provider: { S: "EC2" },
  lifetimeSeconds: { N: "600" },
  waitTimeoutSeconds: { N: "30" },
  privileged: { BOOL: false },
  deletesOwnRecord: { BOOL: false },
  ttl: { N: String(Math.floor(Date.now() / 1_000) + 600) },
  ...change,
});

/** What stands for gitlab-runner unless a test says otherwise: takes one job and ends. */
export const GOOD_RUNNER = `
while [[ $# -gt 0 ]]; do if [[ $1 == --config ]]; then config=$2; fi; shift; done
cat "$config" >"$GLR_TEST/config"
cat "\${config%/*}/.runner_system_id" >"$GLR_TEST/system-id"
env | sort >"$GLR_TEST/environment"
echo '{"job":7,"level":"info","msg":"Checking for jobs... received"}' >&2
sleep 0.3
echo '{"job":7,"level":"info","msg":"Job succeeded"}' >&2`;

/** Builtins only, so that it works while any other command is broken. */
const POWER_OFF = `
case "\${0##*/} $* " in shutdown\\ *|*\\ poweroff\\ *) printf '%s\\n' "\${0##*/} $*" >>"$GLR_TEST/powered-off" ;; esac`;

export interface MachineOptions {
  readonly dynamoDb: string;
  /** Scripts that stand for commands, by name. */
  readonly commands?: Readonly<Record<string, string>>;
  readonly instance?: Partial<SimulatorInstance>;
  /** How many requests to the metadata service break first. */
  readonly flakyRequests?: number;
  readonly timeoutSeconds?: number;
  readonly maximumLifetimeSeconds?: number;
  /** What its image holds. Absent: all that a runner needs. */
  readonly image?: MachineImage;
  readonly installFault?: InstallFailure;
  readonly installSeconds?: number;
}

export interface MachineRun {
  readonly root: string;
  /** Waits until the machine has switched itself off; false when it has not within the time. */
  untilOff(seconds: number): Promise<boolean>;
  /** By which command it switched itself off. */
  poweredOffBy(): string;
  exitCode(): number | null;
  console(): string;
  /** Calls of commands that have a stand-in, in order, with their words. */
  calls(): readonly string[];
  /** What the test's own scripts wrote under `$GLR_TEST`. */
  wrote(name: string): string;
  /** All files under the machine's root, as text. */
  everything(): string;
  end(): Promise<void>;
}

/** The interpreter itself: a version manager's shim in front of it costs more than the program. */
const PYTHON = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], {
  encoding: "utf8",
}).stdout.trim();

const readIf = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

const until = async (isSo: () => boolean, seconds: number): Promise<void> => {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end && !isSo(); ) await sleep(50);
};

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() && statSync(path).size < 1_000_000 ? [path] : [];
  });

/** Runs the shipped user data in a folder of its own, behind command stubs. */
export const startMachine = async (options: MachineOptions): Promise<MachineRun> => {
  const folder = mkdtempSync(join(tmpdir(), "gitlab-runners-user-data-"));
  const root = join(folder, "root");
  const notes = join(folder, "notes");
  const bin = join(folder, "bin");
  for (const path of [root, notes, bin]) mkdirSync(path);
  let flaky = options.flakyRequests ?? 0;
  const metadata = await startMetadataService({
    region: "eu-west-1",
    accountId: "123456789012",
    now: Date.now,
    instance: () => ({ ...INSTANCE, ...options.instance }),
    credentialsOf: async () => ({
      AccessKeyId: "123456789012",
      SecretAccessKey: "laptop",
      Token: "session/token+==",
      expiresAt: Date.now() + 3_600_000,
    }),
    isAnotherUser: async () => false,
    onPowerOff: () => undefined,
    isFlaky: () => {
      flaky -= 1;
      return flaky >= 0;
    },
  });
  const path = `${bin}:${process.env.PATH}`;
  writeCommandStubs(bin, {
    root,
    ...defined({ image: options.image, installFault: options.installFault }),
    path,
    powerOffUrl: "http://127.0.0.1:9/",
    gitlabRunner: "none",
    env: {},
  });
  const commands = {
    shutdown: POWER_OFF,
    // A plain image's machine keeps the laptop's own, which knows what is installed.
    ...(options.image === undefined ? { systemctl: POWER_OFF } : {}),
    "gitlab-runner": GOOD_RUNNER,
    ...options.commands,
  };
  if (!("python3" in commands)) symlinkSync(PYTHON, join(bin, "python3"));
  for (const [name, script] of Object.entries(commands)) {
    const note = `printf '%s\\n' "\${0##*/} $*" >>"$GLR_TEST/../root/commands.log"`;
    const version =
      'if [[ $1 == --version ]]; then exec "$GLR_ROOT/usr/local/bin/gitlab-runner" --version; fi';
    const first = name === "gitlab-runner" ? `${version}\n` : "";
    writeFileSync(join(bin, name), `#!/bin/bash\nGLR_TEST=${notes}\n${first}${note}\n${script}\n`, {
      mode: 0o755,
    });
  }
  const script = join(folder, "user-data");
  writeFileSync(script, renderedUserData(options.maximumLifetimeSeconds), { mode: 0o700 });
  const env = {
    PATH: path,
    HOME: folder,
    GLR_ROOT: root,
    GLR_TIMEOUT_SECONDS: String(options.timeoutSeconds ?? 2),
    ...(options.installSeconds ? { GLR_INSTALL_SECONDS: String(options.installSeconds) } : {}),
    AWS_ENDPOINT_URL: options.dynamoDb,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
  };
  const mark = chooseMark();
  const [command = script, ...words] = marked(mark, [script]);
  const child: ChildProcess = spawn(command, words, {
    cwd: folder,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output += String(chunk);
    });
  }
  const processes = new JobProcesses(systemTable(), {
    runnerPid: child.pid ?? 0,
    home: folder,
    mark,
    before: undefined,
  });
  // While its session has members its number is nobody else's; from then on it may be: so it is forgotten here.
  child.once("exit", () => processes.scan());
  const isOff = (): boolean => readIf(join(notes, "powered-off")) !== "";
  return {
    root,
    untilOff: async (seconds) => {
      await until(isOff, seconds);
      // What it says last is still on its way.
      await until(() => child.exitCode !== null, 1);
      return isOff();
    },
    poweredOffBy: () => readIf(join(notes, "powered-off")).trim(),
    exitCode: () => child.exitCode,
    console: () => output,
    calls: () => readIf(join(root, "commands.log")).split("\n").filter(Boolean),
    wrote: (name) => readIf(join(notes, name)),
    everything: () => [output, ...filesUnder(root).map((file) => readFileSync(file, "utf8"))].join("\n"),
    end: async () => {
      await processes.end(5_000);
      await metadata.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
};
