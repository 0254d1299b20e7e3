import { type ChildProcess, spawn } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { defined } from "../../../Core/defined";
import { chooseMark, type JobMark, marked } from "../../../Core/process/job-mark";
import { JobProcesses } from "../../../Core/process/job-processes";
import { systemTable } from "../../../Core/process/process-table";
import { endProcesses } from "../../process/end-processes";
import { lowerPriority } from "../../process/process-priority";
import type { InstallFault } from "../faults";
import type { SimulatorInstance } from "../instance";
import type { InstanceMachine } from "../instances";
import { writeCommandStubs } from "./command-stubs";
import { isPreparedDisk, type MachineImage } from "./machine-image";
import { type MetadataDependencies, startMetadataService } from "./metadata-service";

export interface MachineDependencies extends Omit<MetadataDependencies, "instance" | "onPowerOff"> {
  readonly folder: string;
  readonly awsEndpoint: string;
  /** The machine gets PATH, LANG, GITLAB_RUNNER and the variables that start with `GLR_`, and no others. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly current: (instanceId: string) => SimulatorInstance | undefined;
  /** What an image holds; undefined: all that a runner needs. */
  readonly imageOf: (imageId: string) => MachineImage | undefined;
  /** How an installation on the machine is to fail; undefined: it does not. */
  readonly installFault: () => InstallFault | undefined;
}

/** What the machine prints, which cloud-init also keeps under its own name. */
const CONSOLE = "console.log";
const CLOUD_INIT_LOG = "var/log/cloud-init-output.log";

const linkCloudInitLog = (root: string): void => {
  const path = join(root, CLOUD_INIT_LOG);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(root, CONSOLE), path);
};

const CONSOLE_BYTES = 64 * 1024;

const glrVariables = (env: MachineDependencies["env"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[0].startsWith("GLR_") && entry[1] !== undefined,
    ),
  );

/** PATH with the command stubs first. */
const pathOf = (bin: string, env: MachineDependencies["env"]): string =>
  [bin, env.PATH ?? "/usr/local/bin:/usr/bin:/bin"].join(delimiter);

const environment = (dependencies: MachineDependencies, root: string, path: string, metadata: string) => ({
  ...glrVariables(dependencies.env),
  PATH: path,
  LANG: dependencies.env.LANG ?? "C.UTF-8",
  HOME: join(root, "root"),
  TMPDIR: join(root, "tmp"),
  GLR_ROOT: root,
  AWS_ENDPOINT_URL: dependencies.awsEndpoint,
  AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata,
});

const runUserData = (
  userData: string,
  root: string,
  env: Record<string, string>,
  mark: JobMark | undefined,
): ChildProcess => {
  const script = join(root, "user-data");
  linkCloudInitLog(root);
  writeFileSync(script, userData, { mode: 0o700 });
  const output = openSync(join(root, CONSOLE), "a");
  // In a session of its own, by which the instance's processes are recognized.
  const [command = script, ...words] = marked(mark, [script]);
  const child = spawn(command, words, { cwd: root, env, detached: true, stdio: ["ignore", output, output] });
  lowerPriority(child);
  closeSync(output);
  // A missing interpreter is broken user data: the instance keeps running.
  child.once("error", (error) => appendFileSync(join(root, CONSOLE), `${error.message}\n`));
  return child;
};

const tail = (path: string): string => {
  try {
    return readFileSync(path).subarray(-CONSOLE_BYTES).toString("utf8");
  } catch {
    return "";
  }
};

/** Boots an instance: its metadata service, its folder, the command stubs, and its user data as a process. */
export const bootMachine = async (
  instance: SimulatorInstance,
  dependencies: MachineDependencies,
  onPowerOff: () => void,
): Promise<InstanceMachine> => {
  const root = join(dependencies.folder, instance.instanceId);
  const bin = join(root, "bin");
  const path = pathOf(bin, dependencies.env);
  const metadata = await startMetadataService({
    ...dependencies,
    instance: () => dependencies.current(instance.instanceId),
    onPowerOff,
  });
  const fault = dependencies.installFault();
  for (const name of ["root", "tmp", "job"]) mkdirSync(join(root, name), { recursive: true });
  writeCommandStubs(bin, {
    root,
    path,
    powerOffUrl: `${metadata.endpoint}/_/power-off`,
    gitlabRunner: dependencies.env.GITLAB_RUNNER ?? "gitlab-runner",
    env: glrVariables(dependencies.env),
    ...defined({
      image: dependencies.imageOf(instance.imageId),
      installFault: fault?.failure,
    }),
  });
  const env = {
    ...environment(dependencies, root, path, metadata.endpoint),
    ...(fault?.seconds === undefined ? {} : { GLR_INSTALL_SECONDS: String(fault.seconds) }),
  };
  const mark = chooseMark();
  const child = instance.userData === undefined ? undefined : runUserData(instance.userData, root, env, mark);
  const processes =
    child?.pid === undefined
      ? undefined
      : new JobProcesses(systemTable(), {
          runnerPid: child.pid,
          home: env.HOME,
          mark,
          before: undefined,
        });
  // The session id may be reused once the session has no members: look now, while it is still ours.
  child?.once("exit", () => processes?.scan());
  let console = "";
  let isPrepared = false;
  return {
    end: async () => {
      if (processes) await endProcesses(processes);
      await metadata.close();
      console = tail(join(root, CONSOLE));
      isPrepared = isPreparedDisk(root);
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    },
    hasPreparedDisk: () => isPrepared,
    readConsole: () => console || tail(join(root, CONSOLE)),
  };
};
