import { randomBytes, randomUUID } from "node:crypto";
import { appendFile } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CloudWatchLogsClient, type CloudWatchLogsClientConfig } from "@aws-sdk/client-cloudwatch-logs";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { ACCOUNT_ID, REGION } from "../engine/ministack";
import type { RunFolder } from "../laptop/run-folder";
import type { MetLimits } from "../limits/met-limits";
import { admission, type CallKind, LONGEST_AGE_SECONDS, THROTTLED } from "./admission";
import { type ArtifactSettings, codeFolders } from "./artifacts";
import type { CallOutcome, FunctionCall, FunctionError } from "./call";
import { functionLogs } from "./function-logs";
import { functionSettings } from "./function-settings";
import { WorkerPool, type WorkerSource } from "./pool";
import { RunnerCalls } from "./runner-calls";
import { sharedLogs } from "./shared-logs";
import { isImage, workerSource } from "./worker-source";

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
  /** How deployed code is read, and the image that needs no Docker. */
  readonly readCode: ArtifactSettings["readCode"];
  readonly image: ArtifactSettings["image"];
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
  /** Takes what functions write, by the execution environment. */
  readonly onOutput?: (environment: string, text: string) => void;
}

/** Runs the deployed functions instead of Lambda. */
export interface LambdaHost {
  /** The address to which another emulator than the laptop's own posts functions' calls. */
  readonly url: string;
  /** Calls a function directly, without the engine, and waits for its answer. */
  call(functionName: string, event: unknown): Promise<CallOutcome>;
  /** Loads a function before its first call. */
  warm(functionName: string): Promise<void>;
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
 * @returns the address for calls
 */
const listen = (server: Server, socketPath: string | undefined): Promise<string> =>
  new Promise((resolve) => {
    if (socketPath !== undefined) {
      server.listen(socketPath, () => resolve("http://lambda-host/functions"));
      return;
    }
    const secret = randomBytes(24).toString("base64url");
    server.listen(0, "127.0.0.1", () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${secret}/functions`),
    );
  });

const arnOf = (functionName: string): string =>
  `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${functionName}`;

/** A failure that the host has found before the function ran. */
const refusal = (error: unknown): { readonly error: FunctionError } => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { error: { errorType: name, errorMessage: message } };
};

/** Starts the Lambda host on loopback. */
export const startLambdaHost = async (host: LambdaHostSettings): Promise<LambdaHost> => {
  const { run } = host;
  const logPath = join(run.path, "functions.log");
  const onOutput = (key: string, text: string): void => {
    host.onOutput?.(key, text);
    appendFile(logPath, text.replace(/^(?=.)/gm, `${key.split(" ")[0]} `), () => undefined);
  };
  const logsClient = new CloudWatchLogsClient({ maxAttempts: 3, ...host.logs });
  const shared = sharedLogs(logsClient, Date.now, (group, error) =>
    onOutput(group, `Its lines could not be written: ${String(error)}\n`),
  );
  /** Log groups of our functions, by their sources' keys. */
  const groups = new Map<string, string>();
  const onSaid = (key: string, text: string): void => {
    onOutput(key, text);
    const group = groups.get(key);
    if (group !== undefined) shared.add(group, key, text);
  };
  const pool = new WorkerPool(run.compile(join(__dirname, "worker.ts")), LIMITS, onSaid);
  const runners = new RunnerCalls(
    run,
    run.compile(join(__dirname, "runner-process.ts")),
    RUNNERS_AT_ONCE,
    onOutput,
  );
  const admit = admission(host.account);
  const logs = functionLogs(host.logs);
  const settingsOf = functionSettings(host.lambda);

  const folderOf = codeFolders({ ...host, folder: run.folder("code") });

  const deployedSource = async (functionName: string): Promise<WorkerSource> => {
    const settings = await settingsOf(functionName);
    const folder = await folderOf(settings.code);
    const awsEnv = await host.awsEnv(settings.roleArn, functionName);
    const source = workerSource(settings, folder, host, awsEnv);
    if (settings.logGroup !== undefined && !isImage(settings)) groups.set(source.key, settings.logGroup);
    return source;
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
    functionName: string,
    event: unknown,
    invocation: CallKind,
    requestId: string,
  ): Promise<CallOutcome> => {
    const source = await deployedSource(functionName).catch(refusal);
    if ("error" in source) return source;
    const { settings } = source;
    const one = { requestId, event, functionName, functionArn: arnOf(functionName) };
    return admit(invocation, settings.isolatesTenants, async () => {
      const started = { functionId: settings.functionId, event, startedAt: Date.now() };
      underWay.add(started);
      const running = isImage(settings) ? callRunner(source, one) : pool.run(source, one);
      const outcome = await running.finally(() => underWay.delete(started));
      host.onCall?.({ ...started, outcome, endedAt: Date.now() });
      return outcome;
    });
  };

  const call: LambdaHost["call"] = (functionName, event) =>
    invoke(functionName, event, { kind: "synchronous" }, randomUUID());

  const warm: LambdaHost["warm"] = async (functionName) => {
    const source = await deployedSource(functionName);
    if (!isImage(source.settings)) pool.warm(source);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url !== new URL(url).pathname || "origin" in request.headers) {
      response.writeHead(403).end();
      return;
    }
    const name = String(request.headers["x-amzn-lambda-function-name"]);
    const requestId = request.headers["x-amzn-lambda-request-id"];
    const event = await readBody(request);
    const id = typeof requestId === "string" ? requestId : randomUUID();
    answer(response, await invoke(name, event, callKindOf(request), id));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) =>
      answer(response, { error: { errorType: "Runtime.HostError", errorMessage: String(error) } }),
    );
  });
  const url = await listen(server, host.socketPath);
  return {
    url,
    call,
    warm,
    forget: () => {
      pool.forget();
      void runners.forget();
    },
    replaceRunners: (runner) => {
      replacement = runner;
    },
    underWay: () => [...underWay],
    runnerPids: () => runners.pids(),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await Promise.all([pool.close(), runners.close(), shared.close()]);
      logs.close();
      logsClient.destroy();
    },
  };
};
