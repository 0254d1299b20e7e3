import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { engineClients, type ReadPath } from "../../deployed";
import { authorizer } from "../../gateway/access/authorizer";
import { credentialStore } from "../../gateway/access/credentials";
import type { Deployed } from "../../gateway/deployed";
import { startDecisionServer } from "../../gateway/http/decisions";
import { startGateway } from "../../gateway/http/gateway";
import { socketUpstream } from "../../gateway/http/upstream";
import { awsCalls } from "../../gateway/testing/aws-calls";
import { ACCOUNT, type FakeState, fakeDeployed, REGION } from "../../gateway/testing/fake-deployed";

export const PYTHON = join(__dirname, "../../../.local/venv/bin/python");

/** Where its HTTP APIs are served. */
export const API_ORIGIN = "http://127.0.0.1:4";

const START_SECONDS = 60;

const status = (socketPath: string): Promise<number> =>
  new Promise((resolve) => {
    const asked = request({ socketPath, path: "/_ministack/health" }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    });
    asked.on("error", () => resolve(0)).end();
  });

const untilHealthy = async (socketPath: string, child: ChildProcess): Promise<void> => {
  for (const until = Date.now() + START_SECONDS * 1_000; Date.now() < until; await sleep(50)) {
    if (child.exitCode !== null) throw new Error("The engine ended at its start");
    if ((await status(socketPath)) === 200) return;
  }
  throw new Error("The engine did not answer");
};

const engineEnv = (folder: string, port: number): Record<string, string> => ({
  PATH: process.env.PATH ?? "",
  LAPTOP_ENGINE_SOCKET: join(folder, "engine.sock"),
  LAPTOP_DECISIONS_SOCKET: join(folder, "decisions.sock"),
  LAPTOP_HOST_SOCKET: join(folder, "host.sock"),
  LAPTOP_API_ORIGIN: API_ORIGIN,
  GATEWAY_PORT: String(port),
  MINISTACK_HOST: "localhost",
  MINISTACK_REGION: REGION,
  MINISTACK_ACCOUNT_ID: ACCOUNT,
  TMPDIR: folder,
  STATE_DIR: join(folder, "state"),
  S3_DATA_DIR: join(folder, "s3"),
  SFTP_ENABLED: "0",
  IOT_MTLS_ENABLED: "0",
  DOCKER_HOST: "unix:///nonexistent.sock",
  LOG_LEVEL: "WARNING",
  // Not beside the sources.
  PYTHONDONTWRITEBYTECODE: "1",
});

export interface GuardedEngine {
  readonly pid: number;
  readonly state: FakeState;
  /** Functions' calls come here. */
  readonly hostSocket: string;
  /** The SDK's clients of the operator. */
  readonly calls: ReturnType<typeof awsCalls>;
  /** What AWS itself reads. */
  readonly readPath: ReadPath;
  close(): Promise<void>;
}

/** The engine as the laptop starts it, on a unix socket, with the gateway before it and behind its own calls. */
export const startGuardedEngine = async (): Promise<GuardedEngine> => {
  const folder = mkdtempSync(join(tmpdir(), "guarded-"));
  for (const name of ["state", "s3"]) mkdirSync(join(folder, name));
  const socketPath = join(folder, "engine.sock");
  const { state, deployed: fake } = fakeDeployed();
  // What is deployed is asked of the engine, also while it waits for a decision.
  const deployed: Deployed = {
    ...fake,
    role: async (arn) => ((await status(socketPath)) === 200 ? fake.role(arn) : undefined),
  };
  const credentials = credentialStore(Date.now);
  const behind = socketUpstream(socketPath, ACCOUNT, REGION);
  const clients = engineClients(socketPath, ACCOUNT, REGION);
  const access = { region: REGION, account: ACCOUNT, deployed, now: Date.now };
  const gateway = await startGateway({
    ...access,
    credentials,
    isAnotherUser: async () => false,
    upstreamOf: () => behind.upstream,
    log: (message) => process.stderr.write(`${message}\n`),
    port: 0,
  });
  const decisions = await startDecisionServer(authorizer(access), join(folder, "decisions.sock"));
  const child = spawn(PYTHON, [join(__dirname, "../start.py")], {
    env: engineEnv(folder, gateway.port),
    cwd: folder,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
    behind.close();
    clients.close();
    await Promise.all([gateway.close(), decisions.close()]);
    rmSync(folder, { recursive: true });
  };
  await untilHealthy(socketPath, child).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const calls = awsCalls(`http://localhost:${gateway.port}`, credentials.ofOperator());
  const { readPath } = clients;
  return { pid: child.pid ?? 0, state, hostSocket: join(folder, "host.sock"), calls, readPath, close };
};
