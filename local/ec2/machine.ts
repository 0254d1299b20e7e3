import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chooseMark, type JobMark, marked } from "../../Core/process/job-mark";
import { JobProcesses } from "../../Core/process/job-processes";
import { systemTable } from "../../Core/process/process-table";
import { comesAfterUs } from "../after-us";
import { writeHarmless } from "./harmless";
import type { Instance } from "./instance";
import { type MetadataParts, startMetadataService } from "./metadata-service";
import type { Machine } from "./world";

export interface MachineParts extends Omit<MetadataParts, "instance" | "onPowerOff"> {
  readonly folder: string;
  readonly engineEndpoint: string;
  /** PATH, LANG, GITLAB_RUNNER and what starts with `GLR_` go on to the machine; nothing else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly current: (instanceId: string) => Instance | undefined;
}

const CONSOLE_BYTES = 64 * 1024;
/** A real shutdown gives processes time to end; half a second is enough for what runs here. */
const TERM_PATIENCE_MS = 500;
const END_LIMIT_MS = 5_000;

const given = (env: MachineParts["env"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[0].startsWith("GLR_") && entry[1] !== undefined,
    ),
  );

/** PATH with the harmless commands first. */
const pathOf = (bin: string, env: MachineParts["env"]): string =>
  [bin, env.PATH ?? "/usr/local/bin:/usr/bin:/bin"].join(delimiter);

const environment = (parts: MachineParts, root: string, path: string, metadata: string) => ({
  ...given(parts.env),
  PATH: path,
  LANG: parts.env.LANG ?? "C.UTF-8",
  HOME: join(root, "root"),
  TMPDIR: join(root, "tmp"),
  GLR_ROOT: root,
  AWS_ENDPOINT_URL: parts.engineEndpoint,
  AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata,
});

const runUserData = (
  userData: string,
  root: string,
  env: Record<string, string>,
  mark: JobMark | undefined,
): ChildProcess => {
  const script = join(root, "user-data");
  writeFileSync(script, userData, { mode: 0o700 });
  const output = openSync(join(root, "console.log"), "a");
  // A session of its own: what the instance starts is known by it, whatever else it does.
  const [command = script, ...words] = marked(mark, [script]);
  const child = spawn(command, words, { cwd: root, env, detached: true, stdio: ["ignore", output, output] });
  comesAfterUs(child);
  closeSync(output);
  // Without its interpreter the machine stays as it is, as one does whose user data is broken.
  child.once("error", (error) => appendFileSync(join(root, "console.log"), `${error.message}\n`));
  return child;
};

const tail = (path: string): string => {
  try {
    return readFileSync(path).subarray(-CONSOLE_BYTES).toString("utf8");
  } catch {
    return "";
  }
};

/** Ends what is proven to be the instance's, and nothing else: first asked, then made to. */
const endProcesses = async (processes: JobProcesses): Promise<void> => {
  for (const { pid } of processes.look()) {
    try {
      process.kill(pid, "SIGTERM");
    } catch {
      // It has ended meanwhile.
    }
  }
  for (const until = Date.now() + TERM_PATIENCE_MS; Date.now() < until && processes.look().length > 0; ) {
    await sleep(50);
  }
  await processes.end(END_LIMIT_MS);
};

/** Boots an instance: its metadata service, its folder, its harmless commands, and its user data as a process. */
export const bootMachine = async (
  instance: Instance,
  parts: MachineParts,
  onPowerOff: () => void,
): Promise<Machine> => {
  const root = join(parts.folder, instance.instanceId);
  const bin = join(root, "bin");
  const path = pathOf(bin, parts.env);
  const metadata = await startMetadataService({
    ...parts,
    instance: () => parts.current(instance.instanceId),
    onPowerOff,
  });
  for (const name of ["root", "tmp", "job"]) mkdirSync(join(root, name), { recursive: true });
  writeHarmless(bin, {
    root,
    path,
    powerOffUrl: `${metadata.endpoint}/_/power-off`,
    gitlabRunner: parts.env.GITLAB_RUNNER ?? "gitlab-runner",
    env: given(parts.env),
  });
  const env = environment(parts, root, path, metadata.endpoint);
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
  // While its session has members its number is nobody else's; from then on it may be: so it is forgotten here.
  child?.once("exit", () => processes?.look());
  let console = "";
  return {
    end: async () => {
      if (processes) await endProcesses(processes);
      await metadata.close();
      console = tail(join(root, "console.log"));
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    },
    readConsole: () => console || tail(join(root, "console.log")),
  };
};
