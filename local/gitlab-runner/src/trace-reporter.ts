import { crc32 } from "node:zlib";
import { defined } from "../../../Core/defined";
import type { RunnerConfig } from "./config";
import { ask, type CoordinatorReply, runnerInfo } from "./gitlab-api";
import type { JobLog, JobPayload } from "./job-log";
import type { RunnerLog } from "./runner-log";
import { secondsSince, sleep } from "./time";

export type JobEnding =
  | { readonly state: "success" }
  | { readonly state: "failed"; readonly reason: string; readonly exitCode?: number };

type Result = "ok" | "again" | "resend" | "abort" | "failed";

const UPDATE_SECONDS = 3;
const MAX_SILENCE_SECONDS = 30;
const PATCH_BYTES = 1024 * 1024;
/** Seconds between the attempts of a failing final report. Each attempt sends up to five requests. */
const FINAL_WAITS = [4.2, 5.2, 6.2, 11.2, 19.2, 35, 67, 131, 260];

/** Reports a job to GitLab: its log as it grows, keep-alive updates while it is silent, and its end. */
export class TraceReporter {
  private sent = 0;
  private sentAt = performance.now();
  private intervalSeconds = UPDATE_SECONDS;
  private readonly stopped = new AbortController();
  private watching: Promise<void> | undefined;
  /** Called when GitLab cancels the job gracefully (`canceling`): after_script is to run. */
  onCancel: () => void = () => {};
  /** Called when the job has ended in GitLab (`canceled`, `failed`, 403). */
  onAbort: () => void = () => {};

  constructor(
    private readonly config: RunnerConfig,
    private readonly job: JobPayload,
    private readonly log: JobLog,
    private readonly runnerLog: RunnerLog,
  ) {}

  /** Confirms the job (second phase). @returns false when GitLab has reassigned or cancelled it; errors count as true */
  async confirm(): Promise<boolean> {
    const answer = await this.put({ state: "running" });
    const status = jobStatus(answer);
    return this.updateResult(answer) !== "abort" && status !== "canceling" && status !== "canceled";
  }

  watch(): void {
    this.watching = this.keepUpdating();
  }

  private async keepUpdating(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await sleep(this.intervalSeconds, this.stopped.signal);
      if (this.stopped.signal.aborted) return;
      const patch = await this.patch();
      if (patch === "abort") this.onAbort();
      else if (secondsSince(this.sentAt) > MAX_SILENCE_SECONDS) await this.touch();
    }
  }

  private async touch(): Promise<void> {
    const result = this.updateResult(await this.put({ state: "running" }));
    if (result === "ok") this.sentAt = performance.now();
    if (result === "abort") this.onAbort();
  }

  /** Sends the rest of the log and the job's end. @returns false when all attempts failed */
  async end(ending: JobEnding): Promise<boolean> {
    this.log.finish();
    this.stopped.abort();
    await this.watching;
    this.intervalSeconds = UPDATE_SECONDS;
    for (let failures = 0; failures < this.config.finalUpdateRetryLimit; ) {
      const result = await this.report(ending);
      if (result === "ok" || result === "abort") return true;
      if (result === "failed") failures += 1;
      const isLast = failures >= this.config.finalUpdateRetryLimit;
      await sleep(result === "failed" && !isLast ? (FINAL_WAITS[failures - 1] ?? 300) : this.intervalSeconds);
    }
    return false;
  }

  private async report(ending: JobEnding): Promise<Result> {
    while (this.sent < this.log.size) {
      const result = await this.patch();
      if (result === "abort") break;
      if (result === "failed") return result;
      if (result === "again") await sleep(this.intervalSeconds);
    }
    const answer = await this.put({
      state: ending.state,
      ...(ending.state === "failed" &&
        defined({ failure_reason: ending.reason, exit_code: ending.exitCode })),
    });
    const result = this.updateResult(answer);
    if (result === "resend") this.sent = 0;
    return result;
  }

  private async patch(): Promise<Result> {
    const content = this.log.read(this.sent, PATCH_BYTES);
    if (content.length === 0) return "ok";
    const range = `${this.sent}-${this.sent + content.length - 1}`;
    const answer = await ask(this.config.url, {
      method: "PATCH",
      path: `jobs/${this.job.id}/trace?debug_trace=false`,
      headers: { "JOB-TOKEN": this.job.token, "Content-Range": range },
      contentType: "text/plain",
      body: content,
    });
    const result = this.patchResult(answer, content.length);
    const fields = {
      job: this.job.id,
      "sent-log": range,
      code: answer.status,
      "job-status": jobStatus(answer),
      status: answer.statusText,
    };
    const words: Partial<Record<Result, string>> = {
      abort: " job failed",
      again: " range mismatch",
      failed: " failed",
    };
    this.logResult(result, `Appending trace to coordinator...${words[result] ?? result}`, fields);
    return result;
  }

  private patchResult(answer: CoordinatorReply, length: number): Result {
    this.handleHeaders(answer);
    if (hasEndedInGitLab(answer)) return "abort";
    if (answer.status === 404) return "abort";
    if (answer.status !== 202 && answer.status !== 416) return "failed";
    this.sentAt = performance.now();
    const end = Number(/^\d+-(\d+)/.exec(String(answer.headers.range ?? ""))?.[1] ?? 0);
    this.sent = answer.status === 202 ? this.sent + length : end;
    return answer.status === 202 ? "ok" : "again";
  }

  private put(fields: Record<string, string | number>): Promise<CoordinatorReply> {
    const bytes = this.log.read(0, this.log.size);
    const checksum = `crc32:${crc32(bytes).toString(16).padStart(8, "0")}`;
    const output = { checksum, bytesize: this.log.size };
    this.runnerLog.info("Updating job...", { job: this.job.id, checksum, bytesize: output.bytesize });
    return ask(this.config.url, {
      method: "PUT",
      path: `jobs/${this.job.id}`,
      headers: { "JOB-TOKEN": this.job.token },
      body: JSON.stringify({
        info: runnerInfo(this.config.executor),
        token: this.job.token,
        ...fields,
        checksum,
        output,
      }),
    });
  }

  private updateResult(answer: CoordinatorReply): Result {
    this.handleHeaders(answer);
    const [result, text] = updateOutcome(answer);
    this.logResult(result, `Submitting job to coordinator...${text}`, {
      job: this.job.id,
      code: answer.status,
      "job-status": jobStatus(answer),
      ...(result === "abort" || result === "failed" ? { status: answer.statusText } : {}),
    });
    return result;
  }

  /** Handles the headers of an answer: the update interval and the job's status. */
  private handleHeaders(answer: CoordinatorReply): void {
    const interval = Number(answer.headers["x-gitlab-trace-update-interval"]);
    if (interval > 0) this.intervalSeconds = Math.min(interval, 60);
    if (jobStatus(answer) === "canceling") this.onCancel();
  }

  private logResult(result: Result, text: string, fields: Record<string, string | number | undefined>): void {
    if (result === "ok" || result === "again") this.runnerLog.info(text, fields);
    else this.runnerLog.warning(text, fields);
  }
}

const jobStatus = (answer: CoordinatorReply): string => String(answer.headers["job-status"] ?? "");

const hasEndedInGitLab = (answer: CoordinatorReply): boolean =>
  answer.status === 403 || ["canceled", "failed"].includes(jobStatus(answer));

const updateOutcome = (answer: CoordinatorReply): [Result, string] => {
  if (answer.status === 403) return ["abort", " forbidden"];
  if (hasEndedInGitLab(answer)) return ["abort", " job failed"];
  if (answer.status === 404) return ["abort", " not found"];
  if (answer.status === 200) return ["ok", "ok"];
  if (answer.status === 202) return ["again", "accepted, but not yet completed"];
  if (answer.status === 412) return ["resend", "trace validation failed"];
  return ["failed", " failed"];
};
