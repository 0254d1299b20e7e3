import { mkdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { defined } from "../../../Core/defined";
import { JobCache } from "./cache/job-cache";
import { type RunnerConfig, shortToken } from "./config";
import { expand, type JobFolders, jobEnvironment, jobFolders } from "./environment";
import { VERSION } from "./gitlab-api";
import type { JobLog, JobPayload } from "./job-log";
import { STOPPED, type Stop, tellFailure, tellGivenUp, tellSuccess } from "./job-result";
import type { RunnerLog } from "./runner-log";
import { echoed, quote, type StageScript, sourceLines, stageScript } from "./script";
import { Shell } from "./shell";
import { milliseconds } from "./time";
import type { JobEnding, TraceReporter } from "./trace-reporter";

const DEFAULT_TIMEOUT_SECONDS = 7200;
const AFTER_SCRIPT_SECONDS = 300;
/** Time that a job that is over waits for a script that does not end. */
const BUILD_FINISH_SECONDS = 300;

/** Runs one job, from its confirmation to its last report. */
export class RunnerJob {
  private readonly folders: JobFolders;
  private readonly timeoutSeconds: number;
  private environment: Map<string, string> = new Map();
  private stopped: Stop | undefined;
  private shell = new Shell();
  private failureText = "";
  private isCancelAsked = false;
  private isAfterScript = false;

  constructor(
    private readonly config: RunnerConfig,
    private readonly payload: JobPayload,
    private readonly log: JobLog,
    private readonly trace: TraceReporter,
    private readonly runnerLog: RunnerLog,
  ) {
    this.folders = jobFolders(config, payload);
    const asked = payload.runner_info?.timeout ?? 0;
    this.timeoutSeconds = asked > 0 ? asked : DEFAULT_TIMEOUT_SECONDS;
    trace.onCancel = () => this.cancel();
    trace.onAbort = () => this.stop("aborted");
  }

  /** Called on SIGTERM or SIGINT: stops the script; after_script does not run. */
  interrupt(): void {
    this.stop("interrupted");
  }

  async run(): Promise<void> {
    const start = performance.now();
    const timer = setTimeout(() => this.stop("timed-out"), this.timeoutSeconds * 1000);
    this.trace.watch();
    const ending = await this.stages();
    clearTimeout(timer);
    this.removeTemporary();
    const seconds = (performance.now() - start) / 1000;
    this.logEnding(ending, seconds);
    if (!(await this.trace.end(ending))) tellGivenUp(this.runnerLog, ending.state, this.payload.id);
  }

  private removeTemporary(): void {
    try {
      rmSync(this.folders.temporary, { recursive: true, force: true });
    } catch {
      // The folder may not exist.
    }
  }

  /** GitLab repeats `canceling` with each answer; an after_script is not stopped by it. */
  private cancel(): void {
    if (this.isCancelAsked) return;
    this.isCancelAsked = true;
    if (!this.isAfterScript) this.stop("canceling");
  }

  private stop(why: Stop): void {
    if (this.stopped !== undefined) return;
    this.stopped = why;
    this.shell.stop();
    if (why === "canceling") return;
    this.runnerLog.debug("Waiting for build to finish...", {
      job: this.payload.id,
      error: STOPPED[why].text,
    });
    setTimeout(() => this.shell.abandon(), milliseconds(BUILD_FINISH_SECONDS)).unref();
  }

  private async stages(): Promise<JobEnding> {
    this.logHeader();
    let ending: JobEnding;
    try {
      this.environment = jobEnvironment(this.config, this.payload, this.folders, this.timeoutSeconds);
      ending = (await this.sources()) ?? (await this.withCache());
    } catch (error) {
      ending = this.failure("script_failure", String(error), 1);
    }
    return this.stopped === undefined ? ending : this.stoppedEnding(this.stopped);
  }

  private logHeader(): void {
    this.log.line(`Running with gitlab-runner stand-in ${VERSION} (this is not the real gitlab-runner)`);
    this.log.line(
      `  on ${this.config.name} ${shortToken(this.config.token)}, system ID: ${this.config.systemId}`,
    );
    this.log.line(`\u001b[36;1mPreparing the "${this.config.executor}" executor\u001b[0;m`);
    if (this.config.executor !== "shell") {
      this.log.line(
        `The stand-in has no ${this.config.executor} executor: the job runs in this machine's shell`,
      );
    }
    if (this.payload.artifacts?.length) this.log.line("The stand-in does not upload artifacts");
    const hasCache = this.config.cache !== undefined;
    if (this.payload.cache?.length && !hasCache)
      this.log.line("This runner has no cache server: the stand-in does not keep a cache");
    this.log.line(`Running on ${hostname()}...`);
  }

  /** @returns undefined on success */
  private async sources(): Promise<JobEnding | undefined> {
    this.log.line("\u001b[36;1mGetting source from Git repository\u001b[0;m");
    const { preGetSourcesScript: first } = this.config;
    const sources = sourceLines(this.payload, this.environment, this.folders.project);
    const lines = first === "" ? sources : [echoed(first), first, ...sources];
    return this.stage("get_sources", { lines, echo: false });
  }

  private async withCache(): Promise<JobEnding> {
    const cache = this.jobCache();
    await cache?.restore();
    const ending = await this.scripts();
    if (this.stopped === undefined) await cache?.save(ending.state);
    return ending;
  }

  private jobCache(): JobCache | undefined {
    const { cache, job_info: info } = this.payload;
    if (!cache?.length || this.config.cache === undefined) return undefined;
    const caches = cache.map((one) => ({ ...one, key: expand(one.key, this.environment) }));
    const folders = { ...this.folders, projectId: info?.project_id ?? 0 };
    return new JobCache(this.config.cache, caches, folders, (line) => this.log.line(line));
  }

  private async scripts(): Promise<JobEnding> {
    const lines = (name: string): string[] =>
      (this.payload.steps ?? []).filter((step) => step.name === name).flatMap((step) => step.script);
    this.log.line('\u001b[36;1mExecuting "step_script" stage of the job script\u001b[0;m');
    const { preBuildScript, postBuildScript } = this.config;
    const script = [preBuildScript, ...lines("script"), postBuildScript].filter((line) => line !== "");
    const failed = await this.stage("step_script", {
      folder: this.folders.project,
      lines: script,
      echo: true,
    });
    await this.afterScript(lines("after_script"), failed);
    return failed ?? { state: "success" };
  }

  /** Runs after success, failure and a graceful cancel. Its own failure does not change the job's status. */
  private async afterScript(lines: readonly string[], failed: JobEnding | undefined): Promise<void> {
    if (this.stopped !== undefined && this.stopped !== "canceling") return;
    this.isAfterScript = true;
    if (lines.length === 0) return this.tellStage("after_script");
    this.log.line("\u001b[36;1mRunning after_script\u001b[0;m");
    const status = this.stopped === "canceling" ? "canceled" : failed ? "failed" : "success";
    this.environment.set("CI_JOB_STATUS", status);
    const wasStopped = this.stopped;
    this.stopped = undefined;
    const timer = setTimeout(() => this.shell.stop(), AFTER_SCRIPT_SECONDS * 1000);
    const stage = { folder: this.folders.project, before: this.exported(), lines, echo: true };
    await this.stage("after_script", stage);
    clearTimeout(timer);
    this.stopped = wasStopped ?? this.stopped;
  }

  /** Loads the variables that the script wrote to GITLAB_ENV, for the after_script. */
  private exported(): string[] {
    const file = quote(this.environment.get("GITLAB_ENV") ?? "/dev/null");
    return [`if [ -f ${file} ]; then set -a; . ${file}; set +a; fi`];
  }

  private tellStage(name: string): void {
    this.runnerLog.debug("Executing build stage", { job: this.payload.id, build_stage: name });
  }

  private async stage(name: string, stage: Omit<StageScript, "environment">): Promise<JobEnding | undefined> {
    if (this.stopped !== undefined) return this.stoppedEnding(this.stopped);
    this.tellStage(name);
    this.shell = new Shell();
    const script = stageScript({ ...stage, environment: this.environment });
    const end = await this.shell.run(script, this.pipeFolder(), (bytes) => this.log.write(bytes));
    if (end.kind === "not-started") return this.failure("runner_system_failure", end.error);
    return end.code === 0 ? undefined : this.failure("script_failure", `exit status ${end.code}`, end.code);
  }

  /** The folder of the output pipe. With a read-only builds folder it is elsewhere, so that the script itself fails. */
  private pipeFolder(): string {
    try {
      mkdirSync(this.folders.temporary, { recursive: true });
      return this.folders.temporary;
    } catch {
      return tmpdir();
    }
  }

  private failure(reason: string, text: string, exitCode?: number): JobEnding {
    this.failureText = text;
    return { state: "failed", reason, ...defined({ exitCode }) };
  }

  private stoppedEnding(stop: Stop): JobEnding {
    return this.failure(STOPPED[stop].reason, STOPPED[stop].text);
  }

  private logEnding(ending: JobEnding, seconds: number): void {
    const fields = { job: this.payload.id, duration_s: seconds, "job-status": ending.state };
    if (ending.state === "success") tellSuccess(this.log, this.runnerLog, fields);
    else {
      const failure = { ...fields, failure_reason: ending.reason, exit_code: ending.exitCode ?? 0 };
      tellFailure(this.log, this.runnerLog, this.failureText, failure);
    }
  }
}
