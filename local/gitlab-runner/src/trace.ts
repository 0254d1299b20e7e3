import { crc32 } from "node:zlib";
import type { RunnerConfig } from "./config";
import { type Answer, ask, runnerInfo } from "./gitlab-api";
import type { JobLog, JobPayload } from "./job-log";
import type { RunnerLog } from "./runner-log";
import { secondsSince, sleep } from "./time";

export type Ending =
  | { readonly state: "success" }
  | { readonly state: "failed"; readonly reason: string; readonly exitCode?: number };

type Result = "ok" | "again" | "resend" | "abort" | "failed";

const UPDATE_SECONDS = 3;
const SILENCE_SECONDS = 30;
const PATCH_BYTES = 1024 * 1024;
/** Seconds between the rounds of a failing last report, each of which is five requests of its own. */
const FINAL_WAITS = [4.2, 5.2, 6.2, 11.2, 19.2, 35, 67, 131, 260];

/** Reports a job to GitLab: its log as it grows, signs of life in silence, and the end. */
export class Trace {
  private sent = 0;
  private sentAt = performance.now();
  private intervalSeconds = UPDATE_SECONDS;
  private readonly stopped = new AbortController();
  private watching: Promise<void> | undefined;
  /** GitLab wants the job stopped with its after_script (`canceling`). */
  onCancel: () => void = () => {};
  /** GitLab has given the job up (`canceled`, `failed`, 403). */
  onAbort: () => void = () => {};

  constructor(
    private readonly config: RunnerConfig,
    private readonly job: JobPayload,
    private readonly log: JobLog,
    private readonly runnerLog: RunnerLog,
  ) {}

  /** The second phase of taking a job. False: it is no longer ours. Anything but a clear no counts as yes. */
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
      else if (secondsSince(this.sentAt) > SILENCE_SECONDS) await this.touch();
    }
  }

  private async touch(): Promise<void> {
    const result = this.updateResult(await this.put({ state: "running" }));
    if (result === "ok") this.sentAt = performance.now();
    if (result === "abort") this.onAbort();
  }

  /** Sends what is left of the log and the end. False: given up, and GitLab still shows the job as running. */
  async end(ending: Ending): Promise<boolean> {
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

  private async report(ending: Ending): Promise<Result> {
    while (this.sent < this.log.size) {
      const result = await this.patch();
      if (result === "abort") break;
      if (result === "failed") return result;
      if (result === "again") await sleep(this.intervalSeconds);
    }
    const answer = await this.put({
      state: ending.state,
      ...(ending.state === "failed" ? { failure_reason: ending.reason } : {}),
      ...(ending.state === "failed" && ending.exitCode !== undefined ? { exit_code: ending.exitCode } : {}),
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
    this.note(result, `Appending trace to coordinator...${words[result] ?? result}`, fields);
    return result;
  }

  private patchResult(answer: Answer, length: number): Result {
    this.heed(answer);
    if (hasGivenUp(answer)) return "abort";
    if (answer.status === 404) return "abort";
    if (answer.status !== 202 && answer.status !== 416) return "failed";
    this.sentAt = performance.now();
    const end = Number(/^\d+-(\d+)/.exec(String(answer.headers.range ?? ""))?.[1] ?? 0);
    this.sent = answer.status === 202 ? this.sent + length : end;
    return answer.status === 202 ? "ok" : "again";
  }

  private put(fields: Record<string, string | number>): Promise<Answer> {
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

  private updateResult(answer: Answer): Result {
    this.heed(answer);
    const [result, text] = updateOutcome(answer);
    this.note(result, `Submitting job to coordinator...${text}`, {
      job: this.job.id,
      code: answer.status,
      "job-status": jobStatus(answer),
      ...(result === "abort" || result === "failed" ? { status: answer.statusText } : {}),
    });
    return result;
  }

  /** What GitLab asks for beside its answer: another interval, or that the job be stopped. */
  private heed(answer: Answer): void {
    const interval = Number(answer.headers["x-gitlab-trace-update-interval"]);
    if (interval > 0) this.intervalSeconds = Math.min(interval, 60);
    if (jobStatus(answer) === "canceling") this.onCancel();
  }

  private note(result: Result, text: string, fields: Record<string, string | number | undefined>): void {
    if (result === "ok" || result === "again") this.runnerLog.info(text, fields);
    else this.runnerLog.warning(text, fields);
  }
}

const jobStatus = (answer: Answer): string => String(answer.headers["job-status"] ?? "");

const hasGivenUp = (answer: Answer): boolean =>
  answer.status === 403 || ["canceled", "failed"].includes(jobStatus(answer));

const updateOutcome = (answer: Answer): [Result, string] => {
  if (answer.status === 403) return ["abort", " forbidden"];
  if (hasGivenUp(answer)) return ["abort", " job failed"];
  if (answer.status === 404) return ["abort", " not found"];
  if (answer.status === 200) return ["ok", "ok"];
  if (answer.status === 202) return ["again", "accepted, but not yet completed"];
  if (answer.status === 412) return ["resend", "trace validation failed"];
  return ["failed", " failed"];
};
