import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunFolder } from "../laptop/run-folder";
import { endOwnedProcesses } from "../process/owned-processes";
import { lowerPriority } from "../process/process-priority";
import { type CallOutcome, crashed, type FunctionCall, timedOut } from "./call";
import { handlerCommand } from "./handler-command";
import type { WorkerSource } from "./pool";

/** From SIGTERM to SIGKILL when the laptop stops: enough for a runner to report its job to GitLab. */
const SHUTDOWN_GRACE_MS = 3_000;

const hasExited = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** Ends processes as Lambda ends an environment: SIGTERM first, then SIGKILL. */
const shutDown = async (children: readonly ChildProcess[]): Promise<void> => {
  const exits = children.filter((child) => !hasExited(child)).map((child) => once(child, "exit"));
  for (const child of children) child.kill("SIGTERM");
  await Promise.race([Promise.all(exits), sleep(SHUTDOWN_GRACE_MS, undefined, { ref: false })]);
  for (const child of children) child.kill("SIGKILL");
};

/** A process that loads a runner function and serves one call, in a folder of its own. */
interface RunnerEnvironment {
  /** The function as it was configured, see WorkerSource. */
  readonly key: string;
  readonly child: ChildProcess;
  readonly root: string;
}

/** What a job left running ends with its environment. */
const end = async ({ child, root }: Pick<RunnerEnvironment, "child" | "root">): Promise<void> => {
  const exit = child.pid === undefined || hasExited(child) ? undefined : once(child, "exit");
  child.kill("SIGKILL");
  await exit;
  await endOwnedProcesses({ folder: root });
  rmSync(root, { recursive: true, force: true, maxRetries: 3 });
};

/**
 * Starts a runner function's calls, each in a process and folder of its own. Beyond `limit` they wait, oldest first. After a
 * call the next one's process is started, so that a job does not wait until Node.js and the handler have loaded.
 */
export class RunnerCalls {
  readonly #waiting: (() => void)[] = [];
  readonly #running = new Set<ChildProcess>();
  /** By the function's file. */
  readonly #prepared = new Map<string, RunnerEnvironment>();
  #slotsInUse = 0;
  #isClosed = false;

  constructor(
    private readonly run: RunFolder,
    private readonly script: string,
    private readonly limit: number,
    private readonly onOutput: (key: string, text: string) => void,
  ) {}

  /** @param onStdout receives what the function writes to its log */
  async call(
    source: WorkerSource,
    call: Omit<FunctionCall, "deadline">,
    onStdout: (text: string) => void = () => undefined,
  ): Promise<CallOutcome> {
    await this.#acquireSlot();
    try {
      if (this.#isClosed) return crashed("the laptop is stopping");
      return await this.#inProcess(source, call, onStdout);
    } finally {
      this.#slotsInUse -= 1;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const next of this.#waiting.splice(0)) next();
    await this.forget();
    await shutDown([...this.#running]);
    await endOwnedProcesses({ folder: this.run.folder("lambda") });
  }

  /** Ends the processes that wait for a call. */
  async forget(): Promise<void> {
    const prepared = [...this.#prepared.values()];
    this.#prepared.clear();
    await Promise.all(prepared.map(end));
  }

  /** The processes that run now, for tests that kill one. */
  pids(): readonly number[] {
    return [...this.#running].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  async #acquireSlot(): Promise<void> {
    if (this.#slotsInUse >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#slotsInUse += 1;
  }

  async #inProcess(
    source: WorkerSource,
    call: Omit<FunctionCall, "deadline">,
    onStdout: (text: string) => void,
  ): Promise<CallOutcome> {
    const { child, root } = this.#takePrepared(source) ?? this.#start(source);
    this.#running.add(child);
    child.stdout?.on("data", (chunk: Buffer) => onStdout(chunk.toString()));
    const outcome = await outcomeOf(child, source.settings.timeoutSeconds, call);
    this.#running.delete(child);
    await end({ child, root });
    if (!this.#isClosed && !this.#prepared.has(source.file))
      this.#prepared.set(source.file, this.#start(source));
    return outcome;
  }

  #start(source: WorkerSource): RunnerEnvironment {
    const root = this.run.folder(`lambda/${randomUUID()}`);
    const [command = "", ...words] = handlerCommand(this.script, source);
    const child = spawn(command, words, {
      env: { ...source.env, RUNNER_ROOT: root },
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    lowerPriority(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => this.onOutput(source.key, chunk.toString()));
    }
    // Whoever calls it sees why it does not run.
    child.on("error", () => undefined);
    return { key: source.key, child, root };
  }

  /** The environment that waits for the function's next call, if it is still there and has the credentials of now. */
  #takePrepared({ file, key }: WorkerSource): RunnerEnvironment | undefined {
    const prepared = this.#prepared.get(file);
    this.#prepared.delete(file);
    if (prepared === undefined) return undefined;
    if (prepared.key === key && !hasExited(prepared.child)) return prepared;
    // Its folder goes with the run's, if not now.
    void end(prepared).catch(() => undefined);
    return undefined;
  }
}

const outcomeOf = (
  child: ChildProcess,
  seconds: number,
  call: Omit<FunctionCall, "deadline">,
): Promise<CallOutcome> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => settle(timedOut(seconds)), seconds * 1_000);
    const settle = (outcome: CallOutcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    child.once("message", (outcome) => settle(outcome as CallOutcome));
    child.once("error", (error) => settle(crashed(error.message)));
    child.once("exit", (code, signal) => settle(crashed(signal ?? `exit code ${code}`)));
    child.send({ ...call, deadline: Date.now() + seconds * 1_000 } satisfies FunctionCall, () => undefined);
  });
