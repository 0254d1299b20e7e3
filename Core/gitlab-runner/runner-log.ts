import { defined } from "../defined";
import { type RequestFailure, requestFailure } from "./request-failure";

/**
 * An event in gitlab-runner's JSON log. Some are logged at debug level only.
 * See gitlab-runner's source: `network/gitlab.go`, `common/build.go`, `commands/single.go`.
 */
export type RunnerLogEvent =
  /** GitLab has assigned a job. */
  | { readonly kind: "received"; readonly jobId: number }
  /** GitLab answered that there is no job. */
  | { readonly kind: "no-job" }
  /** A request for a job had no usable answer. */
  | { readonly kind: "request-failed"; readonly failure: RequestFailure }
  /** The runner asks no more for five minutes. */
  | { readonly kind: "unhealthy" }
  /** GitLab's answer to a report (PUT): also the one by which the job is confirmed. */
  | { readonly kind: "answered"; readonly jobId: number; readonly answer: ReportAnswer }
  /**
   * The script must end, but may still run. Whole job: time-out, interruption or end in GitLab; else a cancel, after which
   * after_script runs.
   */
  | { readonly kind: "script-over"; readonly isWholeJob: boolean }
  /** The stage after_script begins; logged for every job. */
  | { readonly kind: "after-script" }
  | ({ readonly kind: "ended" } & JobEnd)
  /** The last report was given up: GitLab still shows the job as running. */
  | { readonly kind: "given-up" };

export type ReportAnswer = "ok" | "refused" | "failed";

/** How a job ended, in the runner's words. */
export interface JobEnd {
  readonly jobId: number;
  readonly status: "success" | "failed";
  readonly failureReason?: string;
  readonly exitCode?: number;
  readonly durationSeconds?: number;
}

export interface RunnerLine {
  readonly level: string;
  /** The message, with the reason from the fields `error` or `status`. */
  readonly message: string;
  readonly events: readonly RunnerLogEvent[];
}

type Fields = Readonly<Record<string, unknown>>;

const MAX_MESSAGE = 1024;

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Masks tokens. The runner should not log any. */
const clean = (message: string): string =>
  message.slice(0, MAX_MESSAGE).replaceAll(/\b(gl[a-z]{2,6}-)[\w.-]+/g, "$1[MASKED]");

const answerOf = (message: string, jobStatus: unknown): ReportAnswer => {
  if (jobStatus === "canceled" || jobStatus === "canceling") return "refused";
  if (/(ok|accepted, but not yet completed)$/.test(message)) return "ok";
  return /(forbidden|not[ -]found|job failed|client error)$/.test(message) ? "refused" : "failed";
};

const endOf = (fields: Fields, jobId: number): RunnerLogEvent => {
  const [failureReason, exitCode] = [text(fields.failure_reason), number(fields.exit_code)];
  const durationSeconds = number(fields.duration_s);
  return {
    kind: "ended",
    jobId,
    status: fields["job-status"] === "success" ? "success" : "failed",
    ...defined({ failureReason, exitCode, durationSeconds }),
  };
};

/** `Checking for jobs...`. A 409 is no failure: another request got the job. */
const requestEvent = (message: string, fields: Fields): RunnerLogEvent | undefined => {
  const [jobId, status] = [number(fields.job), clean(text(fields.status) ?? "")];
  if (/received$/.test(message)) return jobId === undefined ? undefined : { kind: "received", jobId };
  if (/no content$/.test(message) || /(^|: )409 /.test(status)) return { kind: "no-job" };
  return { kind: "request-failed", failure: requestFailure(status) };
};

/** GitLab's answer to a report or to a part of the log. */
const reportEvents = (message: string, fields: Fields): RunnerLogEvent[] => {
  const jobId = number(fields.job);
  if (jobId === undefined) return [];
  const isCancel = fields["job-status"] === "canceling";
  const over: RunnerLogEvent[] = isCancel ? [{ kind: "script-over", isWholeJob: false }] : [];
  if (!message.startsWith("Submitting job")) return over;
  return [{ kind: "answered", jobId, answer: answerOf(message, fields["job-status"]) }, ...over];
};

const eventsOf = (message: string, fields: Fields): readonly RunnerLogEvent[] => {
  if (message.startsWith("Checking for jobs..."))
    return [requestEvent(message, fields)].flatMap((one) => one ?? []);
  if (/^(Submitting job to|Appending trace to) coordinator\.\.\./.test(message))
    return reportEvents(message, fields);
  if (message.startsWith("Runner is not healthy!")) return [{ kind: "unhealthy" }];
  if (/^Job trace termination .* failed/.test(message)) return [{ kind: "given-up" }];
  if (message.startsWith("Waiting for build to finish..."))
    return [{ kind: "script-over", isWholeJob: true }];
  if (message === "Executing build stage" && fields.build_stage === "after_script")
    return [{ kind: "after-script" }];
  const jobId = number(fields.job);
  return jobId !== undefined && /^Job (succeeded|failed)/.test(message) ? [endOf(fields, jobId)] : [];
};

const QUIET_LEVELS = ["trace", "debug", "info"];

/** gitlab-runner logs the reason of a failure in the fields `error` and `status`, not in the message. */
const withReason = (level: string, message: string, fields: Fields): string => {
  const reason = text(fields.error) ?? text(fields.status);
  const isWanted = !QUIET_LEVELS.includes(level) && reason !== undefined && !message.includes(reason);
  return isWanted ? `${message}: ${reason}` : message;
};

/** Reads one line. Lines that are not JSON (a crash, help) are returned as text. */
export const readRunnerLine = (line: string): RunnerLine => {
  let fields: Fields;
  try {
    fields = JSON.parse(line);
  } catch {
    return { level: "error", message: clean(line), events: [] };
  }
  const message = text(fields.msg)?.trimEnd() ?? "";
  const level = text(fields.level) ?? "info";
  return { level, message: clean(withReason(level, message, fields)), events: eventsOf(message, fields) };
};
