import { randomBytes, randomUUID } from "node:crypto";
import { appendFile, existsSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { CloudWatchLogsClientConfig } from "@aws-sdk/client-cloudwatch-logs";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { ACCOUNT_ID, REGION } from "../engine/ministack";
import type { RunFolder } from "../laptop/run-folder";
import type { MetLimits } from "../limits/met-limits";
import { admission, type CallKind, LONGEST_AGE_SECONDS, THROTTLED } from "./admission";
import type { CallOutcome, FunctionCall, FunctionSettings } from "./call";
import { functionLogs } from "./function-logs";
import { functionSettings } from "./function-settings";
import { WorkerPool, type WorkerSource } from "./pool";
import { RunnerCalls } from "./runner-calls";

/**
 * An environment costs about a second of CPU time before it is as fast as those that run, and calls mostly wait for the
 * engine, which does one thing at a time: more of them make a burst slower.
 */
const LIMITS = { workers: 20, workersPerFunction: 6 };
const RUNNERS_AT_ONCE = 32;

/** A call of a function. Times in milliseconds since 1970. */
export interface StartedCall {
  /** Logical id of the function. */
  readonly functionId: string;
  readonly event: unknown;
  readonly startedAt: number;
}

export interface FinishedCall extends StartedCall {
  readonly outcome: CallOutcome;
  readonly endedAt: number;
}

export interface LambdaHostSettings {
  readonly run: RunFolder;
  /** The folder of a function's bundle, by stack and logical id; undefined: no such function. */
  readonly bundleFolder: (stack: string, functionId: string) => string | undefined;
  /** Lambda's own client: it reads functions' configuration. */
  readonly lambda: LambdaClient;
  /** How Lambda itself reaches CloudWatch Logs. */
  readonly logs: CloudWatchLogsClientConfig;
  /** The variables by which a function reaches AWS, with credentials of its own session of its role. */
  readonly awsEnv: (roleArn: string, functionName: string) => Promise<Readonly<Record<string, string>>>;
  /** The unix socket on which the engine hands calls over; undefined: a port, for an engine that takes no socket. */
  readonly socketPath?: string;
  /** The account's limits; absent: none. */
  readonly account?: MetLimits;
  /** Further variables for runner functions, e.g. `GITLAB_RUNNER`. */
  readonly runnerEnv: Readonly<Record<string, string>>;
  readonly onCall?: (call: FinishedCall) => void;
}

/** Runs the deployed functions instead of Lambda. */
export interface LambdaHost {
  /** The address to which the engine posts a function's calls. */
  functionUrl(stack: string, functionId: string): string;
  /** Calls a function directly, without the engine, and waits for its answer. */
  call(stack: string, functionId: string, functionName: string, event: unknown): Promise<CallOutcome>;
  /** Loads a function before its first call. */
  warm(stack: string, functionId: string, functionName: string): Promise<void>;
  /** Lets all functions start anew at their next call, so that they know nothing of before. */
  forget(): void;
  /** Replaces runner functions by something cheaper, so that a load test measures the rest; undefined restores them. */
  replaceRunners(runner: ((event: unknown) => Promise<unknown>) | undefined): void;
  /** Calls that have not ended. */
  underWay(): readonly StartedCall[];
  /** Process ids of the runner functions that run now. */
  runnerPids(): readonly number[];
  close(): Promise<void>;
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString() || "null");
};

const statusOf = (outcome: CallOutcome): number =>
  "error" in outcome && outcome.error.errorType === THROTTLED ? 429 : 200;

const answer = (response: ServerResponse, outcome: CallOutcome): void => {
  const failed = "error" in outcome;
  const headers = {
    "Content-Type": "application/json",
    ...(failed ? { "X-Amz-Function-Error": "Unhandled" } : {}),
  };
  const body = JSON.stringify(failed ? outcome.error : outcome.result);
  response.writeHead(statusOf(outcome), headers).end(body);
};

/** How the engine says that a function is called. */
const callKindOf = ({ headers }: IncomingMessage): CallKind => {
  if (headers["x-laptop-invocation"] === "synchronous") return { kind: "synchronous" };
  const age = Number(headers["x-laptop-event-age-seconds"]);
  return { kind: "asynchronous", maximumAgeSeconds: age > 0 ? age : LONGEST_AGE_SECONDS };
};

/**
 * On the socket the address's host means nothing. On a port a secret stands in the path: whoever reached it could
 * run functions with their roles.
 *
 * @returns the address of `/`
 */
const listen = (server: Server, socketPath: string | undefined): Promise<string> =>
  new Promise((resolve) => {
    if (socketPath !== undefined) {
      server.listen(socketPath, () => resolve("http://lambda-host"));
      return;
    }
    const secret = randomBytes(24).toString("base64url");
    server.listen(0, "127.0.0.1", () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`),
    );
  });

const arnOf = (functionName: string): string =>
  `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${functionName}`;

const lambdaVariables = (settings: FunctionSettings): Record<string, string> => ({
  AWS_LAMBDA_FUNCTION_NAME: settings.functionName,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMiB),
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  TZ: ":UTC",
});

/** The file that a handler's name stands for: Lambda takes the first ending that is there. */
const bundleFile = (folder: string, name: string): string => {
  const files = [".js", ".mjs", ".cjs"].map((ending) => join(folder, `${name}${ending}`));
  return files.find((file) => existsSync(file)) ?? join(folder, name);
};

const sourceOf = (
  settings: FunctionSettings,
  bundle: string,
  functionId: string,
  host: LambdaHostSettings,
  awsEnv: Readonly<Record<string, string>>,
): WorkerSource => {
  const [file = "", exportName = ""] = settings.handler
    ? settings.handler.split(".")
    : ["handler", "handler"];
  const env = {
    ...(settings.isImage ? { ...host.run.env, ...host.runnerEnv } : { PATH: host.run.env.PATH ?? "" }),
    ...awsEnv,
    ...lambdaVariables(settings),
    ...settings.variables,
  };
  return {
    // With the next session's credentials come new environments.
    key: `${functionId} ${awsEnv.AWS_ACCESS_KEY_ID} ${JSON.stringify(settings.variables)}`,
    file: bundleFile(bundle, file),
    exportName,
    settings,
    env,
  };
};

/** Starts the Lambda host on loopback. */
export const startLambdaHost = async (host: LambdaHostSettings): Promise<LambdaHost> => {
  const { run } = host;
  const logPath = join(run.path, "functions.log");
  const onOutput = (key: string, text: string): void =>
    appendFile(logPath, text.replace(/^(?=.)/gm, `${key.split(" ")[0]} `), () => undefined);
  const pool = new WorkerPool(run.compile(join(__dirname, "worker.ts")), LIMITS, onOutput);
  const runners = new RunnerCalls(
    run,
    run.compile(join(__dirname, "runner-process.ts")),
    RUNNERS_AT_ONCE,
    onOutput,
  );
  const admit = admission(host.account);
  const logs = functionLogs(host.logs);
  const settingsOf = functionSettings(host.lambda);

  const withRole = async (
    settings: FunctionSettings,
    bundle: string,
    functionId: string,
  ): Promise<WorkerSource> => {
    const awsEnv = await host.awsEnv(settings.roleArn, settings.functionName);
    return sourceOf(settings, bundle, functionId, host, awsEnv);
  };

  let replacement: ((event: unknown) => Promise<unknown>) | undefined;
  const callRunner = async (
    source: WorkerSource,
    one: Omit<FunctionCall, "deadline">,
  ): Promise<CallOutcome> => {
    if (replacement) return { result: await replacement(one.event) };
    const lines: string[] = [];
    const outcome = await runners.call(source, one, (text) => lines.push(text));
    // Nobody waits for the log, as on AWS.
    void logs.write(source.settings, one.requestId, lines.join(""), outcome).catch((error: unknown) => {
      onOutput(source.key, `The function's log could not be written: ${String(error)}\n`);
    });
    return outcome;
  };

  const underWay = new Set<StartedCall>();
  const invoke = async (
    [stack, functionId, functionName]: readonly [string, string, string],
    event: unknown,
    invocation: CallKind,
    requestId: string,
  ): Promise<CallOutcome> => {
    const bundle = host.bundleFolder(stack, functionId);
    if (!bundle)
      return { error: { errorType: "ResourceNotFoundException", errorMessage: `No ${functionId}` } };
    const settings = await settingsOf(functionName);
    const source = await withRole(settings, bundle, functionId);
    const one = { requestId, event, functionName, functionArn: arnOf(functionName) };
    return admit(invocation, settings.isolatesTenants, async () => {
      const started = { functionId, event, startedAt: Date.now() };
      underWay.add(started);
      const running = settings.isImage ? callRunner(source, one) : pool.run(source, one);
      const outcome = await running.finally(() => underWay.delete(started));
      host.onCall?.({ ...started, outcome, endedAt: Date.now() });
      return outcome;
    });
  };

  const call: LambdaHost["call"] = (stack, functionId, functionName, event) =>
    invoke([stack, functionId, functionName], event, { kind: "synchronous" }, randomUUID());

  const warm: LambdaHost["warm"] = async (stack, functionId, functionName) => {
    const bundle = host.bundleFolder(stack, functionId);
    const settings = await settingsOf(functionName);
    if (bundle && !settings.isImage) pool.warm(await withRole(settings, bundle, functionId));
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? "";
    if (
      !path.startsWith(`${new URL(root).pathname.replace(/\/$/, "")}/functions/`) ||
      "origin" in request.headers
    ) {
      response.writeHead(403).end();
      return;
    }
    const [functionId = "", stack = ""] = path.split("/").reverse();
    const name = String(request.headers["x-amzn-lambda-function-name"]);
    const requestId = request.headers["x-amzn-lambda-request-id"];
    const event = await readBody(request);
    const id = typeof requestId === "string" ? requestId : randomUUID();
    answer(response, await invoke([stack, functionId, name], event, callKindOf(request), id));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) =>
      answer(response, { error: { errorType: "Runtime.HostError", errorMessage: String(error) } }),
    );
  });
  const root = await listen(server, host.socketPath);
  return {
    functionUrl: (stack, functionId) => `${root}/functions/${stack}/${functionId}`,
    call,
    warm,
    forget: () => pool.forget(),
    replaceRunners: (runner) => {
      replacement = runner;
    },
    underWay: () => [...underWay],
    runnerPids: () => runners.pids(),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await Promise.all([pool.close(), runners.close()]);
      logs.close();
    },
  };
};
