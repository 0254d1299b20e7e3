import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { marshall } from "@aws-sdk/util-dynamodb";
import { buildSync } from "esbuild";
import type { BootstrapRow } from "../../Core/model/bootstrap-row";
import type { CallOutcome, FunctionCall } from "../../local/lambda-host/call";
import { handlerCommand } from "../../local/lambda-host/handler-command";
import { endOwnedProcesses } from "../../local/process/owned-processes";
import { type DynamoServer, serveTables } from "../doubles/dynamodb/server";
import { BOOTSTRAP_TABLE, STACK_TABLES } from "../doubles/dynamodb/stack-tables";
import { DynamoTables } from "../doubles/dynamodb/tables";
import { runnerPath } from "../gitlab-runner/binary";
import { RunnerApiDouble } from "../gitlab-runner/runner-api-double";

const ROOT = resolve(__dirname, "../..");
const NOBODY = 65_534;

/** Whether processes of another user can be started here, as Lambda's are. */
export const isRoot = process.platform === "linux" && process.getuid?.() === 0;

export const SECRETS = { keys: "secretOfTheFunction", token: "glrt-tokenOfTheRow" } as const;

export const bundle = (entry: string, outfile: string): void => {
  buildSync({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    logLevel: "error",
  });
};

export const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });

/**
 * The Lambda runner's shipped handler in a process of its own, started as the laptop starts it; where root allows,
 * as another user and with a node that can be run and not read, as in the image.
 */
export class HandlerProcess {
  readonly folder = mkdtempSync(join(tmpdir(), "hostile-"));
  readonly gitlab = new RunnerApiDouble();
  private readonly tables = new DynamoTables(STACK_TABLES);
  private dynamo: DynamoServer | undefined;
  private child: ChildProcess | undefined;
  inspectorPort = 0;
  said = "";

  static async open(): Promise<HandlerProcess> {
    const made = new HandlerProcess();
    await made.gitlab.start();
    made.dynamo = await serveTables(made.tables);
    made.inspectorPort = await freePort();
    chmodSync(made.folder, 0o755);
    bundle("LambdaShellRunner/src/handler.ts", join(made.folder, "handler.js"));
    bundle("local/lambda-host/runner-process.ts", join(made.folder, "runner-process.js"));
    // The stand-in bundles itself at its first start, which another user may not do.
    spawnSync(runnerPath(), ["--version"]);
    mkdirSync(join(made.folder, "bin"));
    copyFileSync(process.execPath, made.node);
    chmodSync(made.node, isRoot ? 0o711 : 0o755);
    return made;
  }

  get node(): string {
    return join(this.folder, "bin/node");
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Where the handler keeps its jobs. */
  get root(): string {
    return join(this.folder, "root");
  }

  /** Starts the process. */
  start(): void {
    mkdirSync(this.root, { recursive: true, mode: 0o777 });
    chmodSync(this.root, 0o777);
    const [file = "", ...args] = handlerCommand(
      join(this.folder, "runner-process.js"),
      { file: join(this.folder, "handler.js"), exportName: "handler" },
      this.node,
    );
    const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    this.child = spawn(file, args, {
      ...user,
      env: this.variables(),
      cwd: this.root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (text) => {
        this.said += text;
      });
    }
  }

  /** Runs one job of the script. */
  async run(runnerId: number, script: readonly string[]): Promise<CallOutcome> {
    this.gitlab.push({ id: runnerId, script });
    const key = `nonce-${runnerId}`;
    const row: BootstrapRow = {
      key,
      url: this.gitlab.url,
      token: SECRETS.token,
      runnerId,
      provider: "LAMBDA",
      lifetimeSeconds: 900,
      waitTimeoutSeconds: 60,
      privileged: false,
      deletesOwnRecord: false,
      ttl: 4_000_000_000,
    };
    this.tables.items(BOOTSTRAP_TABLE).set(JSON.stringify([key]), marshall(row));
    return this.call({ bootstrapKey: key, runnerId });
  }

  /** Ends once the process has. */
  exit(): Promise<string> {
    return new Promise((done) => {
      this.child?.once("close", (code, signal) => done(String(signal ?? code)));
    });
  }

  async close(): Promise<void> {
    this.child?.kill("SIGKILL");
    // A handler that a job killed leaves gitlab-runner behind, which would report to a GitLab that is gone.
    await endOwnedProcesses({ folder: this.folder });
    await this.gitlab.stop();
    await this.dynamo?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private call(event: unknown): Promise<CallOutcome> {
    const call: FunctionCall = {
      requestId: "one",
      event,
      functionName: "f",
      functionArn: "arn",
      deadline: Date.now() + 900_000,
    };
    return new Promise((done) => {
      this.child?.once("message", (outcome) => done(outcome as CallOutcome));
      this.child?.once("exit", (code, signal) =>
        done({ error: { errorType: "Runtime.ExitError", errorMessage: String(signal ?? code) } }),
      );
      this.child?.send(call);
    });
  }

  private variables(): NodeJS.ProcessEnv {
    return {
      PATH: [dirname(this.node), process.env.PATH].join(delimiter),
      BOOTSTRAP_TABLE,
      TENANT_ISOLATION: "off",
      GITLAB_RUNNER: runnerPath(),
      RUNNER_ROOT: this.root,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: SECRETS.keys,
      AWS_ENDPOINT_URL: this.dynamo?.url,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      // The inspector's port is this test's own: any other could be a debugger of somebody else.
      NODE_OPTIONS: `--inspect-port=${this.inspectorPort}`,
    };
  }
}
