import { type ChildProcess, spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import type { BootstrapRow } from "../../Core/bootstrap-row";
import { log } from "../../Core/log";
import { chooseMark, type JobMark, marked } from "../../Core/process/job-mark";
import { JobProcesses } from "../../Core/process/job-processes";
import type { ProcessEntry, ProcessTable } from "../../Core/process/process-table";
import { childEnvironment } from "./child-environment";
import { feedConfigPipe, makeConfigPipe } from "./config-pipe";
import { RUNNER_NAME, runnerToml } from "./runner-config";
import { LineCutter, readRunnerLine } from "./runner-log";
import { type Limits, type RunOutcome, Watch } from "./watch";
import type { Workspace } from "./workspace";

export interface RunnerSettings {
  /** Path or name of gitlab-runner. */
  readonly binary: string;
  /** The function's own environment, of which next to nothing is handed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly limits: Limits;
  readonly table: ProcessTable;
  /** See Evidence. */
  readonly before: readonly ProcessEntry[] | undefined;
}

const STUBBORN_MILLISECONDS = 5_000;
const LOOK_MILLISECONDS = process.platform === "linux" ? 5_000 : 1_000;

/** Said every three seconds of a job with output: no news. */
const isRoutine = (message: string): boolean =>
  message === "Appending trace to coordinator...ok" || message === "Updating job...";

const command = (settings: RunnerSettings, row: BootstrapRow, config: string): readonly string[] => [
  settings.binary,
  "--log-format",
  "json",
  "run-single",
  "--config",
  config,
  "-r",
  RUNNER_NAME,
  "--max-builds",
  "1",
  "--wait-timeout",
  String(row.waitTimeoutSeconds),
];

/** Signals for one process, until it has gone: then its number may be another's. */
const signaller = (child: ChildProcess) => (name: NodeJS.Signals) => {
  if (child.exitCode === null && child.signalCode === null) child.kill(name);
};

const after = (milliseconds: number, call: () => void): (() => void) => {
  const timer = setTimeout(call, milliseconds);
  return () => clearTimeout(timer);
};

/**
 * Runs gitlab-runner for one job. The token goes through a pipe; the runner has a session of its own; its log
 * tells what becomes of the job.
 */
export class RunnerProcess {
  private child: ChildProcess | undefined;
  private watch: Watch | undefined;
  private jobId: number | undefined;
  private ending: Promise<unknown> | undefined;
  /** The job's processes, from the runner's start on. */
  processes: JobProcesses | undefined;

  constructor(
    private readonly settings: RunnerSettings,
    private readonly row: BootstrapRow,
    private readonly workspace: Workspace,
  ) {}

  /** The environment is about to end: what runs is interrupted, so that GitLab hears of it. */
  interrupt(): void {
    this.watch?.interrupt();
  }

  async run(): Promise<RunOutcome> {
    const mark = chooseMark();
    const config = await makeConfigPipe(this.workspace.config);
    const child = this.spawn(marked(mark, command(this.settings, this.row, config)));
    if (child.pid === undefined) return this.notStarted(child);
    // A signal that comes too late is no failure.
    child.on("error", () => {});
    const processes = this.followProcesses(child.pid, mark);
    const watch = this.watchOver(child, processes);
    const looking = setInterval(() => processes.look(), LOOK_MILLISECONDS);
    const exit = await this.untilExit(child, config);
    clearInterval(looking);
    // Must not go on looking for this job's processes when the next job has begun.
    await this.ending;
    return watch.outcome(exit);
  }

  private async notStarted(child: ChildProcess): Promise<RunOutcome> {
    const error = await new Promise<Error>((resolve) => child.once("error", resolve));
    return { kind: "runner-failed", reason: `gitlab-runner could not be started: ${error.message}` };
  }

  private followProcesses(runnerPid: number, mark: JobMark | undefined): JobProcesses {
    const { table, before } = this.settings;
    const processes = new JobProcesses(table, { runnerPid, home: this.workspace.home, mark, before });
    processes.look();
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
    });
    this.child = child;
    return child;
  }

  private watchOver(child: ChildProcess, processes: JobProcesses): Watch {
    const watch = new Watch(this.settings.limits, {
      signal: signaller(child),
      endJobProcesses: () => {
        this.ending = processes.end(STUBBORN_MILLISECONDS, child.pid);
      },
      after,
    });
    this.watch = watch;
    const decoder = new StringDecoder("utf8");
    const lines = new LineCutter((line) => this.read(line, watch));
    child.stderr?.on("data", (bytes: Buffer) => lines.push(decoder.write(bytes)));
    watch.start();
    return watch;
  }

  private read(line: string, watch: Watch): void {
    const { level, message, news } = readRunnerLine(line);
    if (news?.kind === "received") this.jobId = news.jobId;
    if (news) watch.news(news);
    if (isRoutine(message)) return;
    const hidden = message.replaceAll(this.row.token, "[MASKED]");
    log.info("RUNNER_LOG", {
      runnerId: this.row.runnerId,
      jobId: this.jobId,
      runnerLevel: level,
      message: hidden,
    });
  }

  private async untilExit(
    child: ChildProcess,
    config: string,
  ): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    const gone = new AbortController();
    const path = childEnvironment(this.settings.environment, this.workspace).PATH;
    // A runner that breaks the pipe says why in its log.
    const fed = feedConfigPipe(config, runnerToml(this.row, this.workspace, path), gone.signal).catch(
      () => {},
    );
    const exit = await new Promise<{ code: number | null; signal: string | null }>((resolve) => {
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
