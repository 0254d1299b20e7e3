import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../Core/defined";
import { KEPT, type RunFolder } from "../laptop/run-folder";

export const REGION = "eu-west-1";
export const ACCOUNT_ID = "123456789012";

const START_SECONDS = 60;

/** The AWS emulator to which the stacks are deployed. */
export interface Engine {
  /** e.g. `http://localhost:41234`. The host is a name, since queue addresses contain it. */
  readonly endpoint: string;
  /** The key for events of AWS's own sources; absent with an emulator that was already running. */
  readonly eventsKey?: string;
  /** Environment variables with which AWS clients reach it. */
  readonly env: Readonly<Record<string, string>>;
  readonly pid?: number;
  close(): Promise<void>;
}

/** A free port. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

const clientEnv = (endpoint: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  // MiniStack takes an access key of twelve digits as the account id.
  AWS_ACCESS_KEY_ID: ACCOUNT_ID,
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
});

const engineEnv = (run: RunFolder, port: number, eventsKey: string): Record<string, string> => ({
  ...run.env,
  BIND_HOST: "127.0.0.1",
  GATEWAY_PORT: String(port),
  MINISTACK_HOST: "localhost",
  MINISTACK_REGION: REGION,
  MINISTACK_ACCOUNT_ID: ACCOUNT_ID,
  MINISTACK_WORKER_THREADS: "128",
  TMPDIR: run.folder("engine"),
  STATE_DIR: run.folder("engine/state"),
  S3_DATA_DIR: run.folder("engine/s3"),
  SFTP_ENABLED: "0",
  IOT_MTLS_ENABLED: "0",
  DOCKER_HOST: "unix:///nonexistent.sock",
  LAPTOP_EVENTS_KEY: eventsKey,
  LOG_LEVEL: "WARNING",
});

const isHealthy = async (endpoint: string): Promise<boolean> => {
  try {
    return (await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
};

const untilHealthy = async (endpoint: string, child: ChildProcess, logPath: string): Promise<void> => {
  for (const until = Date.now() + START_SECONDS * 1_000; Date.now() < until; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`The engine ended at its start: see ${logPath}`);
    if (await isHealthy(endpoint)) return;
  }
  throw new Error(`The engine did not answer within ${START_SECONDS} s: see ${logPath}`);
};

const startOwn = async (run: RunFolder, onCrash: (sentence: string) => void): Promise<Engine> => {
  const port = await freePort();
  const endpoint = `http://localhost:${port}`;
  const eventsKey = randomBytes(16).toString("hex");
  const logPath = join(run.path, "engine.log");
  const child = spawn(join(KEPT, "venv/bin/python"), [join(__dirname, "start.py")], {
    env: engineEnv(run, port, eventsKey),
    cwd: run.path,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const logFile = createWriteStream(logPath);
  child.stdout.pipe(logFile, { end: false });
  child.stderr.pipe(logFile, { end: false });
  let isClosing = false;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await untilHealthy(endpoint, child, logPath);
  child.once("exit", (code, signal) => {
    if (!isClosing) onCrash(`The engine (MiniStack) ended by itself (${signal ?? `exit code ${code}`}).`);
  });
  const close = async (): Promise<void> => {
    isClosing = true;
    // Its state is not needed any more, and after SIGTERM it would need seconds.
    child.kill("SIGKILL");
    await exited;
  };
  return { endpoint, eventsKey, env: clientEnv(endpoint), close, ...defined({ pid: child.pid }) };
};

/**
 * Starts MiniStack on loopback, or uses the emulator in `AWS_ENDPOINT_URL`.
 *
 * @param onCrash called with a sentence when the engine ends unexpectedly
 */
export const startEngine = async (run: RunFolder, onCrash: (sentence: string) => void): Promise<Engine> => {
  const existing = process.env.AWS_ENDPOINT_URL;
  if (!existing) return startOwn(run, onCrash);
  return { endpoint: existing, env: clientEnv(existing), close: async () => undefined };
};
