/** What a line of gitlab-runner's JSON log tells about its job. */
export type RunnerNews =
  /** GitLab has assigned a job. */
  | { readonly kind: "received"; readonly jobId: number }
  /** GitLab's answer to a report (PUT): also the one by which the job is confirmed. */
  | { readonly kind: "answered"; readonly jobId: number; readonly answer: "ok" | "refused" | "failed" }
  | {
      readonly kind: "ended";
      readonly jobId: number;
      readonly status: "success" | "failed";
      readonly failureReason?: string;
      readonly exitCode?: number;
      readonly durationSeconds?: number;
    }
  /** The last report was given up: GitLab still shows the job as running. */
  | { readonly kind: "given-up" }
  /** GitLab does not know the token: the runner would now sleep 300 s. */
  | { readonly kind: "rejected" };

export interface RunnerLine {
  readonly level: string;
  readonly message: string;
  readonly news?: RunnerNews;
}

const LONGEST_LINE = 16 * 1024;
const LONGEST_MESSAGE = 1024;

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Tokens have no place in it; should one get there, it does not get further. */
const clean = (message: string): string =>
  message.slice(0, LONGEST_MESSAGE).replaceAll(/\b(gl[a-z]{2,6}-)[\w.-]+/g, "$1[MASKED]");

const answerOf = (message: string, jobStatus: unknown): "ok" | "refused" | "failed" => {
  if (jobStatus === "canceled" || jobStatus === "canceling") return "refused";
  if (/(ok|accepted, but not yet completed)$/.test(message)) return "ok";
  return /(forbidden|not[ -]found|job failed|client error)$/.test(message) ? "refused" : "failed";
};

const endOf = (fields: Record<string, unknown>, jobId: number): RunnerNews => {
  const exitCode = number(fields.exit_code);
  const durationSeconds = number(fields.duration_s);
  return {
    kind: "ended",
    jobId,
    status: fields["job-status"] === "success" ? "success" : "failed",
    ...(typeof fields.failure_reason === "string" ? { failureReason: fields.failure_reason } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  };
};

const newsOf = (message: string, fields: Record<string, unknown>): RunnerNews | undefined => {
  if (message.startsWith("Runner is not healthy!")) return { kind: "rejected" };
  if (/^Job trace termination .* failed/.test(message)) return { kind: "given-up" };
  const jobId = number(fields.job);
  if (jobId === undefined) return undefined;
  if (/^Checking for jobs\.\.\.\s*received/.test(message)) return { kind: "received", jobId };
  if (/^Job (succeeded|failed)/.test(message)) return endOf(fields, jobId);
  if (!message.startsWith("Submitting job to coordinator...")) return undefined;
  return { kind: "answered", jobId, answer: answerOf(message, fields["job-status"]) };
};

/** Reads one line. What is not JSON (a crash, help) is passed on as text. */
export const readRunnerLine = (line: string): RunnerLine => {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line);
  } catch {
    return { level: "error", message: clean(line) };
  }
  const message = typeof fields.msg === "string" ? fields.msg.trimEnd() : "";
  const news = newsOf(message, fields);
  return {
    level: typeof fields.level === "string" ? fields.level : "info",
    message: clean(message),
    ...(news ? { news } : {}),
  };
};

/** Cuts bytes into lines; a line that does not end is cut too, so that memory stays bounded. */
export class LineCutter {
  private rest = "";
  constructor(private readonly onLine: (line: string) => void) {}

  push(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = (lines.pop() ?? "").slice(0, LONGEST_LINE);
    for (const line of lines) if (line !== "") this.onLine(line);
  }
}
