import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { log } from "../log";
import { caCertificateOf } from "../model/bootstrap-row";
import { chooseMark, type JobMark, marked } from "../process/job-mark";
import { JobProcesses } from "../process/job-processes";
import type { ProcessEntry, ProcessTable } from "../process/process-table";
import { childEnvironment } from "./child-environment";
import { feedConfigPipe, makeConfigPipe } from "./config-pipe";
import { LineCutter } from "./line-cutter";
import type { RunOutcome } from "./run-outcome";
import type { RunTimeouts } from "./run-timeouts";
import { type ProcessExit, RunWatch } from "./run-watch";
import { runnerArguments, runnerToml, type SingleRun } from "./runner-config";
import { readRunnerLine } from "./runner-log";
import type { Workspace } from "./workspace";

export interface RunnerSettings {
  /** Path or name of gitlab-runner. */
  readonly binary: string;
  /** The function's own environment variables. See childEnvironment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeouts: RunTimeouts;
  readonly table: ProcessTable;
  /** See ProcessEvidence. */
  readonly before: readonly ProcessEntry[] | undefined;
  /** Ends the job's scripts where they are no processes below gitlab-runner, but containers. */
  readonly killContainers?: () => unknown;
  /** Whom gitlab-runner, and with it a job of the shell executor, runs as. Absent: as who started this. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

const SCAN_MILLISECONDS = process.platform === "linux" ? 5_000 : 1_000;

const ROUTINE = ["Appending trace to coordinator...ok", "Updating job..."];

/** Debug lines serve the watch only. The routine lines come every three seconds while a job writes output. */
const isLogged = (level: string, message: string): boolean => level !== "debug" && !ROUTINE.includes(message);

/** What the runner's log must not show. A session's token may stand in an address, encoded. */
const secretsOf = ({ token, cache }: SingleRun): readonly string[] =>
  cache === undefined
    ? [token]
    : [token, cache.secretAccessKey, cache.sessionToken, encodeURIComponent(cache.sessionToken)];

/** Sends signals to the process as long as it runs; afterwards its pid may belong to another. */
const signaller = (child: ChildProcess) => (name: NodeJS.Signals) => {
  if (child.exitCode === null && child.signalCode === null) child.kill(name);
};

const after = (milliseconds: number, call: () => void): (() => void) => {
  const timer = setTimeout(call, milliseconds);
  return () => clearTimeout(timer);
};

/**
 * Runs gitlab-runner for one job, in a session of its own. The token is passed through a pipe, and the outcome is read from
 * the runner's log.
 */
export class RunnerProcess {
  private child: ChildProcess | undefined;
  private watch: RunWatch | undefined;
  private jobId: number | undefined;
  private config = "";
  private caFile: string | undefined;
  /** The processes of the runner and its job; set once the runner has started. */
  processes: JobProcesses | undefined;

  constructor(
    private readonly settings: RunnerSettings,
    private readonly row: SingleRun,
    private readonly workspace: Workspace,
  ) {}

  /** Interrupts the job, and the runner reports that to GitLab. For an environment that is about to end. */
  interrupt(): void {
    this.watch?.interrupt();
  }

  /** Kills the job's processes but not the runner, which then reports. */
  killJob(): void {
    this.settings.killContainers?.();
    this.processes?.kill(this.child?.pid);
  }

  /** Must be called before `run`. Writes the certificate of GitLab's authority where the row has one. @throws Error when the pipe for the configuration cannot be made */
  async prepare(): Promise<void> {
    const env = childEnvironment(this.settings.environment, this.workspace);
    this.config = await makeConfigPipe(this.workspace.config, env);
    const certificate = caCertificateOf(this.row);
    if (certificate === undefined) return;
    this.caFile = join(this.workspace.config, "gitlab-ca.pem");
    await writeFile(this.caFile, certificate, { mode: 0o600 });
  }

  async run(): Promise<RunOutcome> {
    const mark = chooseMark();
    const args = runnerArguments(this.config, this.row.waitTimeoutSeconds);
    const child = this.spawn(marked(mark, [this.settings.binary, ...args]));
    if (child.pid === undefined) return this.notStarted(child);
    // A signal to a process that has just ended is no failure.
    child.on("error", () => {});
    const processes = this.followProcesses(child.pid, mark);
    const watch = this.watchOver(child, processes);
    const scanning = setInterval(() => processes.scan(), SCAN_MILLISECONDS);
    const exit = await this.untilExit(child);
    clearInterval(scanning);
    return watch.outcome(exit);
  }

  private async notStarted(child: ChildProcess): Promise<RunOutcome> {
    const error = await new Promise<Error>((resolve) => child.once("error", resolve));
    return { kind: "runner-failed", reason: `gitlab-runner could not be started: ${error.message}` };
  }

  private followProcesses(runnerPid: number, mark: JobMark | undefined): JobProcesses {
    const { table, before } = this.settings;
    const processes = new JobProcesses(table, { runnerPid, home: this.workspace.home, mark, before });
    processes.scan();
    this.processes = processes;
    return processes;
  }

  private spawn([file = "", ...args]: readonly string[]): ChildProcess {
    const env = childEnvironment(this.settings.environment, this.workspace);
    const child = spawn(file, args, {
      cwd: this.workspace.folder,
      env,
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      ...this.settings.user,
    });
    this.child = child;
    return child;
  }

  private watchOver(child: ChildProcess, processes: JobProcesses): RunWatch {
    const watch = new RunWatch(this.settings.timeouts, {
      signal: signaller(child),
      terminateJob: () => processes.terminate(child.pid),
      killJob: () => this.killJob(),
      after,
    });
    this.watch = watch;
    const decoder = new StringDecoder("utf8");
    const lines = new LineCutter((line) => this.read(line, watch));
    child.stderr?.on("data", (bytes: Buffer) => lines.push(decoder.write(bytes)));
    watch.start();
    return watch;
  }

  private read(line: string, watch: RunWatch): void {
    const { level, message, events } = readRunnerLine(line);
    for (const event of events) {
      if (event.kind === "received") this.jobId = event.jobId;
      watch.hear(event);
    }
    if (!isLogged(level, message)) return;
    const hidden = secretsOf(this.row).reduce((text, secret) => text.replaceAll(secret, "[MASKED]"), message);
    log.info("RUNNER_LOG", {
      runnerId: this.row.runnerId,
      jobId: this.jobId,
      runnerLevel: level,
      message: hidden,
    });
  }

  private async untilExit(child: ChildProcess): Promise<ProcessExit> {
    const gone = new AbortController();
    const path = childEnvironment(this.settings.environment, this.workspace).PATH;
    // When the runner closes the pipe early, its log has the reason.
    const { AWS_ENDPOINT_URL: endpoint } = this.settings.environment;
    const toml = runnerToml(this.row, this.workspace, path, this.caFile, endpoint);
    const fed = feedConfigPipe(this.config, toml, gone.signal).catch(() => {});
    const exit = await new Promise<ProcessExit>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    gone.abort();
    await fed;
    await this.drained();
    return exit;
  }

  /** What the runner wrote last may come after its exit; a process of the job that holds its stderr does not count. */
  private async drained(): Promise<void> {
    const source = this.child?.stderr;
    if (!source || source.closed) return;
    await Promise.race([
      new Promise<void>((resolve) => source.once("close", () => resolve())),
      new Promise<void>((resolve) => setTimeout(resolve, 200).unref()),
    ]);
  }
}
