import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, closeSync, copyFileSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { delimiter, join } from "node:path";
import { chooseMark, marked } from "../../../Core/process/job-mark";
import { JobProcesses } from "../../../Core/process/job-processes";
import { systemTable } from "../../../Core/process/process-table";
import { writeCommandStubs } from "../../ec2/machine/command-stubs";
import { endProcesses } from "../../process/end-processes";
import { lowerPriority } from "../../process/process-priority";

export interface MachineSettings {
  /** Holds a folder for each MicroVM, with everything that it writes. */
  readonly folder: string;
  /** PATH, LANG and GITLAB_RUNNER count. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where caches are; the runner reaches S3 there. */
  readonly awsEndpoint: string;
}

/** The program of an image, as a process of this user. */
export interface MicroVmMachine {
  /** Where its hooks are served. */
  readonly socketPath: string;
  /** The end of what it printed. */
  readConsole(): string;
  /** What it printed, from a byte on. */
  readConsoleFrom(byte: number): Buffer;
  /** Everything that runs in it stands still, until it is resumed. */
  suspend(): void;
  resume(): void;
  /** Ends everything that runs in it. */
  end(): Promise<void>;
  /** Removes what it wrote that is not of its program's making. */
  forget(): void;
}

const HOOKS = "/aws/lambda-microvms/runtime/v1";
const CONSOLE = "console.log";
/** Where snapshot.cjs notes what must not be used before the hook `run`. */
export const USES = "snapshot-uses";
const CONSOLE_BYTES = 64 * 1024;
const SCAN_MS = 1_000;
const OWN_STUBS = ["dockerd", "aws"] as const;

/** @returns the status of the hook's answer. @throws Error when there is none in time */
export const callHook = (socketPath: string, hook: string, body = "", seconds = 30): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const options = {
      socketPath,
      path: `${HOOKS}/${hook}`,
      method: "POST",
      headers,
      timeout: seconds * 1_000,
    };
    const call = request(options, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
    });
    call.once("timeout", () => call.destroy(new Error(`no answer in ${seconds} s`)));
    call.once("error", reject).end(body);
  });

const writeStubs = (root: string, path: string, { env }: MachineSettings): void => {
  const bin = join(root, "bin");
  writeCommandStubs(bin, {
    root,
    path,
    // A MicroVM does not shut itself down.
    powerOffUrl: "http://127.0.0.1:9/",
    gitlabRunner: env.GITLAB_RUNNER ?? "gitlab-runner",
    env: {},
  });
  for (const name of OWN_STUBS) {
    copyFileSync(join(__dirname, `../command-stubs/${name}.sh`), join(bin, name));
    chmodSync(join(bin, name), 0o755);
  }
};

/** Short, as the folders are: a socket's whole path may have a hundred characters. */
const SOCKET = "hooks";

const environment = (root: string, path: string, seed: string, settings: MachineSettings) => ({
  PATH: path,
  LANG: settings.env.LANG ?? "C.UTF-8",
  HOME: join(root, "root"),
  TMPDIR: join(root, "tmp"),
  GLR_ROOT: root,
  GLR_HOOKS_SOCKET: SOCKET,
  GLR_SNAPSHOT_SEED: seed,
  GLR_SNAPSHOT_USES: join(root, USES),
  NODE_OPTIONS: `--require=${join(__dirname, "snapshot.cjs")}`,
  AWS_ENDPOINT_URL: settings.awsEndpoint,
});

const bytesOf = (path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
};

/** To all of them, those too that start meanwhile. */
const signalAll = (processes: JobProcesses, signal: "SIGSTOP" | "SIGCONT"): void => {
  const told = new Set<number>();
  for (let found = processes.scan(); found.some(({ pid }) => !told.has(pid)); found = processes.scan())
    for (const { pid } of found)
      try {
        told.add(pid);
        process.kill(pid, signal);
      } catch {
        // It has ended meanwhile.
      }
};

const startProgram = (root: string, env: Record<string, string>) => {
  const mark = chooseMark();
  const output = openSync(join(root, CONSOLE), "a");
  const [command = "", ...words] = marked(mark, [process.execPath, join(root, "microvm.cjs")]);
  const child: ChildProcess = spawn(command, words, {
    cwd: root,
    env,
    detached: true,
    stdio: ["ignore", output, output],
  });
  lowerPriority(child);
  closeSync(output);
  child.once("error", () => undefined);
  return { child, mark };
};

/**
 * Starts the image's program in a folder that holds it.
 *
 * @param seed of the random numbers that it gets before the hook `run`
 */
export const startMachine = async (
  root: string,
  seed: string,
  settings: MachineSettings,
): Promise<MicroVmMachine> => {
  const path = [join(root, "bin"), settings.env.PATH ?? "/usr/local/bin:/usr/bin:/bin"].join(delimiter);
  for (const name of ["root", "tmp", "job"]) mkdirSync(join(root, name), { recursive: true });
  writeStubs(root, path, settings);
  const env = environment(root, path, seed, settings);
  const { child, mark } = startProgram(root, env);
  const processes = new JobProcesses(systemTable(), {
    runnerPid: child.pid ?? -1,
    home: env.HOME,
    mark,
    before: undefined,
  });
  // What gitlab-runner starts has a session and a mark of its own: it is known while its parents live.
  const scanning = setInterval(() => processes.scan(), SCAN_MS);
  scanning.unref();
  return {
    socketPath: join(root, SOCKET),
    readConsole: () => bytesOf(join(root, CONSOLE)).subarray(-CONSOLE_BYTES).toString("utf8"),
    readConsoleFrom: (byte) => bytesOf(join(root, CONSOLE)).subarray(byte),
    suspend: () => signalAll(processes, "SIGSTOP"),
    resume: () => signalAll(processes, "SIGCONT"),
    end: async () => {
      clearInterval(scanning);
      await endProcesses(processes);
    },
    forget: () => {
      for (const name of [CONSOLE, SOCKET, "bin", "commands.log"])
        rmSync(join(root, name), { recursive: true, force: true });
    },
  };
};
