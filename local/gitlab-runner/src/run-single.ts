import { type RunnerConfig, shortToken } from "./config";
import { ask, type CoordinatorReply, runnerInfo } from "./gitlab-api";
import { JobLog, type JobPayload, maskedValues } from "./job-log";
import { RunnerJob } from "./runner-job";
import type { RunnerLog } from "./runner-log";
import { secondsSince, sleep } from "./time";
import { TraceReporter } from "./trace-reporter";

/** Times of gitlab-runner, to which the Lambda runner and the user data are adapted. */
const CHECK_SECONDS = 3;
const UNHEALTHY_SECONDS = 300;
const SHUTDOWN_SECONDS = 30;

export interface RunSingleOptions {
  /** 0: unlimited. */
  readonly maxBuilds: number;
  /** 0: unlimited. */
  readonly waitTimeoutSeconds: number;
}

/** `run-single`: requests jobs, runs at most `maxBuilds` of them, and exits. */
export class RunSingle {
  private isFinished = false;
  private readonly exit = new AbortController();
  private builds = 0;
  private waitingSince = performance.now();
  private lastUpdate = "";
  private job: RunnerJob | undefined;

  constructor(
    private readonly config: RunnerConfig,
    private readonly options: RunSingleOptions,
    private readonly log: RunnerLog,
  ) {}

  async run(): Promise<void> {
    this.log.info(`Starting runner for ${this.config.url} with token ${shortToken(this.config.token)} ...`);
    this.handleSignals();
    while (!this.isFinished) {
      await this.pollOnce();
      this.checkFinished();
    }
  }

  private handleSignals(): void {
    process.on("SIGQUIT", () => {
      this.isFinished = true;
      if (!this.exit.signal.aborted) this.log.warning("Requested quit, waiting for builds to finish");
      else this.log.fatal("forced exit: quit");
    });
    for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => this.exitOn(name));
  }

  private exitOn(signal: string): void {
    if (this.exit.signal.aborted) this.log.fatal(`forced exit: ${signal}`);
    this.isFinished = true;
    this.log.warning(`Requested exit: ${signal}`);
    this.exit.abort();
    this.job?.interrupt();
    sleep(SHUTDOWN_SECONDS).then(() => this.log.fatal("shutdown timed out"));
  }

  private async pollOnce(): Promise<void> {
    const answer = await this.requestJob();
    if (answer.status === 201) return this.take(JSON.parse(answer.body) as JobPayload);
    const isHealthy = this.noJob(answer.status, { status: answer.statusText });
    if (!isHealthy) this.log.info("Runner is not healthy!");
    return sleep(isHealthy ? CHECK_SECONDS : UNHEALTHY_SECONDS, this.exit.signal);
  }

  /** Says why there is no job. False: the runner takes itself for unhealthy. */
  private noJob(status: number, fields: { readonly status: string }): boolean {
    const text = "Checking for jobs...";
    if (status === 204) this.log.debug(`${text}no content`, fields);
    else if (status === 403) this.log.error(`${text} forbidden`, fields);
    else if (status === -100) this.log.error(`${text} client error`, fields);
    else if (status === 503) this.log.warning(`${text} GitLab instance currently unavailable`, fields);
    else this.log.warning(`${text} failed`, fields);
    return status !== 403 && status !== -100;
  }

  /** From the second request on it sends `last_update`, with which GitLab may use long polling. Signals do not interrupt it. */
  private async requestJob(): Promise<CoordinatorReply> {
    const answer = await ask(this.config.url, {
      method: "POST",
      path: "jobs/request",
      headers: { "RUNNER-TOKEN": this.config.token },
      body: JSON.stringify({
        info: runnerInfo(this.config.executor),
        token: this.config.token,
        system_id: this.config.systemId,
        last_update: this.lastUpdate || undefined,
      }),
    });
    this.lastUpdate = String(answer.headers["x-gitlab-last-update"] ?? "") || this.lastUpdate;
    return answer;
  }

  private async take(payload: JobPayload): Promise<void> {
    this.log.info("Checking for jobs... received", {
      job: payload.id,
      runner: shortToken(this.config.token),
    });
    const jobLog = new JobLog(maskedValues(payload), this.config.outputLimitBytes);
    const trace = new TraceReporter(this.config, payload, jobLog, this.log);
    // A job that was lost before its confirmation does not count; the next round requests another at once.
    if (!(await trace.confirm())) return;
    this.job = new RunnerJob(this.config, payload, jobLog, trace, this.log);
    if (this.exit.signal.aborted) this.job.interrupt();
    await this.job.run();
    this.job = undefined;
    this.builds += 1;
    this.waitingSince = performance.now();
  }

  /** Checked in whole seconds after a request and its pause, so the wait can exceed the time-out. */
  private checkFinished(): void {
    const { maxBuilds, waitTimeoutSeconds } = this.options;
    if (maxBuilds > 0 && this.builds >= maxBuilds) {
      this.log.info("This runner has processed its build limit, so now exiting");
      this.isFinished = true;
    }
    if (waitTimeoutSeconds > 0 && Math.trunc(secondsSince(this.waitingSince)) > waitTimeoutSeconds) {
      this.log.info(`This runner has not received a job in ${waitTimeoutSeconds} seconds, so now exiting`);
      this.isFinished = true;
    }
  }
}
