import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../Core/defined";
import { KEPT, type RunFolder } from "../laptop/run-folder";

export const REGION = "eu-west-1";
export const ACCOUNT_ID = "123456789012";
/** The Lambda runner's image that the laptop has, without Docker: its own bundle of it. */
export const IMAGE_URI = `${ACCOUNT_ID}.dkr.ecr.${REGION}.amazonaws.com/laptop/lambda-shell-runner:latest`;

const START_SECONDS = 60;

/** The unix sockets of a run, in its folder, which is its owner's alone. */
export interface Sockets {
  /** The engine is served here, and on no port. */
  readonly engine: string;
  /** The engine asks here before it makes a call of its own. */
  readonly decisions: string;
  /** Functions' calls go here. */
  readonly host: string;
}

export const socketsOf = ({ path }: RunFolder): Sockets => ({
  engine: join(path, "engine.sock"),
  decisions: join(path, "decisions.sock"),
  host: join(path, "functions.sock"),
});

/** The AWS emulator to which the stacks are deployed. It enforces nothing: the gateway before it does. */
export interface Engine {
  /** The key for events of AWS's own sources. */
  readonly eventsKey: string;
  readonly pid?: number;
  close(): Promise<void>;
}

export interface EngineSettings {
  readonly sockets: Sockets;
  /** The gateway's, from which the engine makes the addresses of queues. */
  readonly port: number;
  /** Where HTTP APIs are served. */
  readonly apiOrigin: string;
  /** Called with a sentence when the engine ends unexpectedly. */
  readonly onCrash: (sentence: string) => void;
}

const engineEnv = (
  run: RunFolder,
  { sockets, port, apiOrigin }: EngineSettings,
  eventsKey: string,
): Record<string, string> => ({
  ...run.env,
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
  LAPTOP_ENGINE_SOCKET: sockets.engine,
  LAPTOP_DECISIONS_SOCKET: sockets.decisions,
  LAPTOP_HOST_SOCKET: sockets.host,
  LAPTOP_API_ORIGIN: apiOrigin,
  LOG_LEVEL: "WARNING",
  // Not beside the sources.
  PYTHONDONTWRITEBYTECODE: "1",
});

const HEALTH_MS = 2_000;

const isHealthy = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ socketPath, path: "/_ministack/health", timeout: HEALTH_MS }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode === 200));
    });
    asked.once("timeout", () => asked.destroy()).once("error", () => resolve(false));
    asked.end();
  });

const untilHealthy = async (socketPath: string, child: ChildProcess, logPath: string): Promise<void> => {
  for (const until = Date.now() + START_SECONDS * 1_000; Date.now() < until; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`The engine ended at its start: see ${logPath}`);
    if (await isHealthy(socketPath)) return;
  }
  throw new Error(`The engine did not answer within ${START_SECONDS} s: see ${logPath}`);
};

const spawnEngine = (
  run: RunFolder,
  env: Record<string, string>,
  logPath: string,
): ChildProcessWithoutNullStreams => {
  const child = spawn(join(KEPT, "venv/bin/python"), [join(__dirname, "start.py")], {
    env,
    cwd: run.path,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const logFile = createWriteStream(logPath);
  for (const stream of [child.stdout, child.stderr]) stream.pipe(logFile, { end: false });
  return child;
};

/** Starts MiniStack on its socket. The gateway on `port` must listen by then. */
export const startEngine = async (run: RunFolder, settings: EngineSettings): Promise<Engine> => {
  const eventsKey = randomBytes(16).toString("hex");
  const logPath = join(run.path, "engine.log");
  const child = spawnEngine(run, engineEnv(run, settings, eventsKey), logPath);
  let isClosing = false;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const close = async (): Promise<void> => {
    isClosing = true;
    // Its state is not needed any more, and after SIGTERM it would need seconds.
    child.kill("SIGKILL");
    await exited;
  };
  await untilHealthy(settings.sockets.engine, child, logPath);
  child.once("exit", (code, signal) => {
    if (!isClosing)
      settings.onCrash(`The engine (MiniStack) ended by itself (${signal ?? `exit code ${code}`}).`);
  });
  return { eventsKey, close, ...defined({ pid: child.pid }) };
};
