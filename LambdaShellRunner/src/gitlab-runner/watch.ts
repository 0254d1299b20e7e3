import type { RunnerNews } from "./runner-log";

/** Milliseconds. The figures come from gitlab-runner's own: see docs/lambda-runner.md. */
export interface Limits {
  /** From the start until SIGQUIT, when no job came. */
  readonly wait: number;
  /** From SIGQUIT until SIGTERM: a poll in flight may be held 50 s, and what arrives in it is run to its end. */
  readonly patience: number;
  /** From the start until a job is interrupted. */
  readonly interrupt: number;
  /** From SIGTERM until the job's processes are ended, so that the runner can still report before its own 30 s. */
  readonly stubborn: number;
  /** From SIGTERM until SIGKILL. */
  readonly grace: number;
  /** From a rejected token until SIGKILL. */
  readonly rejected: number;
  /** From the job's end until SIGKILL: the last report's retries fit into it. */
  readonly report: number;
}

export interface WatchActions {
  signal(name: "SIGQUIT" | "SIGTERM" | "SIGKILL"): void;
  /** Ends the job's processes and spares the runner. */
  endJobProcesses(): void;
  /** Calls back after so many milliseconds, unless the returned function is called before. */
  after(milliseconds: number, call: () => void): () => void;
}

export interface JobEnd {
  readonly jobId: number;
  readonly status: "success" | "failed";
  readonly failureReason?: string;
  readonly exitCode?: number;
  readonly durationSeconds?: number;
}

/** How a run of gitlab-runner ended. */
export type RunOutcome =
  | { readonly kind: "no-job" }
  | { readonly kind: "token-rejected" }
  /** GitLab knows the end. `interrupted`: by us, because the time was over. */
  | ({ readonly kind: "job-ended"; readonly interrupted: boolean } & JobEnd)
  /** GitLab may still show the job as running. */
  | { readonly kind: "job-lost"; readonly jobId: number; readonly reason: string }
  | { readonly kind: "runner-failed"; readonly reason: string };

type Job = { readonly id: number; isConfirmed: boolean; end?: JobEnd; isReported: boolean };

/**
 * Keeps the time for one run of gitlab-runner, whose own wait limit is none and whose exit code says nothing. It
 * learns from the runner's log and acts by signals alone.
 */
export class Watch {
  private job: Job | undefined;
  private isRejected = false;
  private isInterrupted = false;
  private isLeaving = false;
  private isReportGivenUp = false;
  private readonly timers = new Map<string, () => void>();

  constructor(
    private readonly limits: Limits,
    private readonly actions: WatchActions,
  ) {}

  start(): void {
    this.set("wait", this.limits.wait, () => this.leave());
    this.set("interrupt", this.limits.interrupt, () => this.interrupt());
  }

  /** The time is over, or the environment is shut down. */
  interrupt(): void {
    this.isInterrupted ||= this.job !== undefined && this.job.end === undefined;
    this.terminate();
  }

  news(news: RunnerNews): void {
    if (news.kind === "received") this.received(news.jobId);
    else if (news.kind === "answered") this.answered(news.answer);
    else if (news.kind === "ended") this.ended(news);
    else if (news.kind === "given-up") this.isReportGivenUp = true;
    else this.rejected();
  }

  /** To be called once, when the runner has gone. */
  outcome(exit: { readonly code: number | null; readonly signal: string | null }): RunOutcome {
    for (const name of [...this.timers.keys()]) this.clear(name);
    if (this.job) return this.jobOutcome(this.job);
    if (this.isRejected) return { kind: "token-rejected" };
    const isSound = exit.code === 0 || this.isLeaving;
    const how = exit.signal ?? `exit code ${exit.code}`;
    return isSound ? { kind: "no-job" } : { kind: "runner-failed", reason: `gitlab-runner ended by ${how}` };
  }

  private jobOutcome(job: Job): RunOutcome {
    if (job.end === undefined) {
      return { kind: "job-lost", jobId: job.id, reason: "gitlab-runner went before the job's end" };
    }
    if (this.isReportGivenUp || !job.isReported) {
      return { kind: "job-lost", jobId: job.id, reason: "GitLab did not take the job's last report" };
    }
    return { kind: "job-ended", ...job.end, interrupted: this.isInterrupted };
  }

  private received(id: number): void {
    this.clear("wait");
    this.clear("patience");
    this.job = { id, isConfirmed: false, isReported: false };
  }

  /** The first answer confirms the job or takes it back; a refusal at the end means that GitLab ended it itself. */
  private answered(answer: "ok" | "refused" | "failed"): void {
    if (!this.job) return;
    const isTakenBack = !this.job.isConfirmed && this.job.end === undefined && answer === "refused";
    if (this.job.end) this.job.isReported ||= answer !== "failed";
    this.job.isConfirmed = true;
    if (isTakenBack) this.vanished();
  }

  /** A job that vanished at its confirmation does not count for the runner either: it asks for another at once. */
  private vanished(): void {
    this.job = undefined;
    this.leave();
  }

  private ended(news: JobEnd & { readonly kind: "ended" }): void {
    const { kind: _, ...end } = news;
    if (this.job) this.job.end = end;
    this.set("report", this.limits.report, () => this.giveReportUp());
  }

  private giveReportUp(): void {
    this.isReportGivenUp = true;
    this.actions.signal("SIGKILL");
  }

  private rejected(): void {
    if (this.isRejected) return;
    this.isRejected = true;
    if (!this.timers.has("kill")) this.actions.signal("SIGTERM");
    this.set("kill", this.limits.rejected, () => this.actions.signal("SIGKILL"));
  }

  private leave(): void {
    if (this.timers.has("kill")) return;
    this.isLeaving = true;
    this.actions.signal("SIGQUIT");
    this.set("patience", this.limits.patience, () => this.terminate());
  }

  private terminate(): void {
    // A second SIGTERM would make the runner drop everything at once.
    if (this.timers.has("kill")) return;
    this.isLeaving = true;
    this.actions.signal("SIGTERM");
    this.set("stubborn", this.limits.stubborn, () => this.actions.endJobProcesses());
    this.set("kill", this.limits.grace, () => this.actions.signal("SIGKILL"));
  }

  private set(name: string, milliseconds: number, call: () => void): void {
    this.clear(name);
    this.timers.set(name, this.actions.after(milliseconds, call));
  }

  private clear(name: string): void {
    this.timers.get(name)?.();
    this.timers.delete(name);
  }
}
