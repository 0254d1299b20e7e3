import { type RunnerConfig, shortToken } from "./config";
import { type Answer, ask, runnerInfo } from "./gitlab-api";
import { Job } from "./job";
import { JobLog, type JobPayload, maskedValues } from "./job-log";
import type { RunnerLog } from "./runner-log";
import { secondsSince, sleep } from "./time";
import { Trace } from "./trace";

/** The runner's own figures; the handler and user data must live with them. */
const CHECK_SECONDS = 3;
const UNHEALTHY_SECONDS = 300;
const SHUTDOWN_SECONDS = 30;

export interface RunSingleOptions {
  /** 0: for ever. */
  readonly maxBuilds: number;
  /** 0: for ever. */
  readonly waitTimeoutSeconds: number;
}

/** `run-single`: polls, runs at most `maxBuilds` jobs, leaves. */
export class RunSingle {
  private isFinished = false;
  private readonly exit = new AbortController();
  private builds = 0;
  private waitingSince = performance.now();
  private lastUpdate = "";
  private job: Job | undefined;

  constructor(
    private readonly config: RunnerConfig,
    private readonly options: RunSingleOptions,
    private readonly log: RunnerLog,
  ) {}

  async run(): Promise<void> {
    this.log.info(`Starting runner for ${this.config.url} with token ${shortToken(this.config.token)} ...`);
    this.heedSignals();
    while (!this.isFinished) {
      await this.turn();
      this.checkFinished();
    }
  }

  private heedSignals(): void {
    process.on("SIGQUIT", () => {
      this.isFinished = true;
      if (!this.exit.signal.aborted) this.log.warning("Requested quit, waiting for builds to finish");
      else this.log.fatal("forced exit: quit");
    });
    for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => this.leave(name));
  }

  private leave(signal: string): void {
    if (this.exit.signal.aborted) this.log.fatal(`forced exit: ${signal}`);
    this.isFinished = true;
    this.log.warning(`Requested exit: ${signal}`);
    this.exit.abort();
    this.job?.interrupt();
    sleep(SHUTDOWN_SECONDS).then(() => this.log.fatal("shutdown timed out"));
  }

  private async turn(): Promise<void> {
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

  /** From the second poll on `last_update` is sent, by which GitLab may hold the poll. No signal cuts it. */
  private async requestJob(): Promise<Answer> {
    const answer = await ask(this.config.url, {
      method: "POST",
      path: "jobs/request",
      headers: { "RUNNER-TOKEN": this.config.token },
      body: JSON.stringify({
        info: runnerInfo(this.config.executor),
        token: this.config.token,
        system_id: this.config.systemId,
        ...(this.lastUpdate ? { last_update: this.lastUpdate } : {}),
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
    const trace = new Trace(this.config, payload, jobLog, this.log);
    // A job that vanished before it was confirmed does not count: the next turn asks again at once.
    if (!(await trace.confirm())) return;
    this.job = new Job(this.config, payload, jobLog, trace, this.log);
    if (this.exit.signal.aborted) this.job.interrupt();
    await this.job.run();
    this.job = undefined;
    this.builds += 1;
    this.waitingSince = performance.now();
  }

  /** Looked at after a poll and its sleep only, in whole seconds: the wait can last longer than asked for. */
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
