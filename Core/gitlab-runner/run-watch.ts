import type { RequestFailure } from "./request-failure";
import { fromRequestFailure, type RunOutcome } from "./run-outcome";
import type { RunTimeouts } from "./run-timeouts";
import type { JobEnd, ReportAnswer, RunnerLogEvent } from "./runner-log";
import { Timers } from "./timers";

/** The actions of a watch. */
export interface WatchActions {
  signal(name: "SIGQUIT" | "SIGTERM" | "SIGKILL"): void;
  /** Sends SIGTERM to the job's processes, not to the runner. */
  terminateJob(): void;
  /** Kills the job's present processes, not the runner; processes that it starts afterwards are not affected. */
  killJob(): void;
  /** Calls back after so many milliseconds, unless the returned function is called before. */
  after(milliseconds: number, call: () => void): () => void;
}

/** How gitlab-runner's process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

type WatchedJob = {
  readonly id: number;
  isConfirmed: boolean;
  hasAfterScript: boolean;
  end?: JobEnd;
  isReported: boolean;
};

/**
 * Supervises one run of gitlab-runner by its log and by signals. It is needed because gitlab-runner does not keep its wait
 * timeout, its exit code does not tell the outcome, and it waits up to ten minutes for a script that ignores SIGTERM.
 */
export class RunWatch {
  private job: WatchedJob | undefined;
  private hasAnswer = false;
  private failure: RequestFailure | undefined;
  private isInterrupted = false;
  private isLeaving = false;
  private isReportGivenUp = false;
  private readonly timers: Timers;

  constructor(
    private readonly timeouts: RunTimeouts,
    private readonly actions: WatchActions,
  ) {
    this.timers = new Timers((milliseconds, call) => actions.after(milliseconds, call));
  }

  start(): void {
    this.timers.set("wait", this.timeouts.wait, () => this.quit());
    this.timers.set("interrupt", this.timeouts.interrupt, () => this.interrupt());
  }

  /** Called at the end of the lifetime and when the environment is shut down. */
  interrupt(): void {
    this.isInterrupted ||= this.job?.end === undefined;
    this.terminate();
  }

  /** Must be called with every event of the log, in order. */
  hear(event: RunnerLogEvent): void {
    if (event.kind === "received") this.received(event.jobId);
    else if (event.kind === "no-job") this.requestAnswered();
    else if (event.kind === "request-failed") this.failure = event.failure;
    else if (event.kind === "unhealthy") this.unhealthy();
    else if (event.kind === "answered") this.reportAnswered(event.answer);
    else if (event.kind === "script-over") this.scriptOver(event.isWholeJob);
    else if (event.kind === "after-script") this.afterScript();
    else if (event.kind === "ended") this.ended(event);
    else this.isReportGivenUp = true;
  }

  /** Must be called once, after the runner has exited. */
  outcome(exit: ProcessExit): RunOutcome {
    this.timers.clearAll();
    if (this.job) return this.jobOutcome(this.job);
    const how = exit.signal ?? `exit code ${exit.code}`;
    const isSound = exit.code === 0 || this.isLeaving;
    if (!isSound) return { kind: "runner-failed", reason: `gitlab-runner ended by ${how}` };
    return this.outcomeWithoutJob();
  }

  /** A single answer shows that GitLab can be reached. A rejection counts even after that. */
  private outcomeWithoutJob(): RunOutcome {
    if (this.hasAnswer && this.failure?.code !== "rejected") return { kind: "no-job" };
    if (this.failure) return fromRequestFailure(this.failure);
    if (this.isInterrupted) return { kind: "stopped" };
    return { kind: "unreachable", detail: "no-answer", reason: "GitLab did not answer in time" };
  }

  private jobOutcome(job: WatchedJob): RunOutcome {
    if (job.end === undefined) {
      return { kind: "job-lost", jobId: job.id, reason: "gitlab-runner ended before the job's end" };
    }
    if (this.isReportGivenUp || !job.isReported) {
      return { kind: "job-lost", jobId: job.id, reason: "GitLab did not take the job's last report" };
    }
    return { kind: "job-ended", ...job.end, interrupted: this.isInterrupted };
  }

  private requestAnswered(): void {
    this.hasAnswer = true;
    this.failure = undefined;
  }

  private received(id: number): void {
    this.timers.clear("wait", "poll");
    this.requestAnswered();
    this.job = { id, isConfirmed: false, hasAfterScript: false, isReported: false };
  }

  /** The first answer confirms or withdraws the job. A refusal after its end means that GitLab has ended the job itself. */
  private reportAnswered(answer: ReportAnswer): void {
    if (!this.job) return;
    const isWithdrawn = !this.job.isConfirmed && this.job.end === undefined && answer === "refused";
    if (this.job.end) this.job.isReported ||= answer !== "failed";
    this.job.isConfirmed = true;
    if (isWithdrawn) this.withdrawn();
  }

  /** gitlab-runner does not count a withdrawn job, and would request another at once. */
  private withdrawn(): void {
    this.job = undefined;
    this.quit();
  }

  /** After a cancel only the script is ended: after_script has a time limit of its own. */
  private scriptOver(isWholeJob: boolean): void {
    if (!this.job || this.job.end) return;
    const isSpared = !isWholeJob && (this.job.hasAfterScript || this.timers.has("job"));
    if (!isSpared) this.endJob(this.timeouts.jobTermDelay, isWholeJob);
  }

  private afterScript(): void {
    if (this.job) this.job.hasAfterScript = true;
    if (!this.timers.has("whole-job")) this.timers.clear("job");
  }

  /** SIGTERM after a delay, then SIGKILL, repeated until the runner logs the job's end. */
  private endJob(delay: number, isWholeJob: boolean): void {
    if (isWholeJob && this.timers.has("whole-job")) return;
    const name = isWholeJob ? "whole-job" : "job";
    const kill = (): void => {
      this.actions.killJob();
      this.timers.set(name, this.timeouts.jobKillDelay, kill);
    };
    this.timers.set(name, delay, () => {
      this.actions.terminateJob();
      this.timers.set(name, this.timeouts.jobKillDelay, kill);
    });
  }

  /** Ends the processes that the job left behind, even while the runner still repeats its last report. */
  private ended({ kind: _, ...end }: JobEnd & { readonly kind: "ended" }): void {
    if (this.job) this.job.end = end;
    this.timers.clear("job", "whole-job");
    this.timers.set("left", this.timeouts.jobTermDelay, () => {
      this.actions.terminateJob();
      this.timers.set("left", this.timeouts.jobKillDelay, () => this.actions.killJob());
    });
    this.timers.set("report", this.timeouts.report, () => this.giveReportUp());
  }

  private giveReportUp(): void {
    this.isReportGivenUp = true;
    this.actions.signal("SIGKILL");
  }

  private unhealthy(): void {
    this.isLeaving = true;
    if (!this.timers.has("kill")) this.actions.signal("SIGTERM");
    this.timers.set("kill", this.timeouts.rejected, () => this.actions.signal("SIGKILL"));
  }

  private quit(): void {
    if (this.timers.has("kill")) return;
    this.isLeaving = true;
    this.actions.signal("SIGQUIT");
    this.timers.set("poll", this.timeouts.poll, () => this.terminate());
  }

  private terminate(): void {
    // At a second SIGTERM the runner would exit at once, without a report.
    if (this.timers.has("kill")) return;
    this.isLeaving = true;
    this.actions.signal("SIGTERM");
    this.timers.set("kill", this.timeouts.kill, () => this.actions.signal("SIGKILL"));
    this.scriptOver(true);
  }
}
