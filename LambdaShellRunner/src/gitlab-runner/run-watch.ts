import type { RequestFailure } from "./request-failure";
import { fromRequestFailure, type RunOutcome } from "./run-outcome";
import type { RunTimeouts } from "./run-timeouts";
import type { JobEnd, ReportAnswer, RunnerLogEvent } from "./runner-log";
import { Timers } from "./timers";

/** What a watch can do to the run. */
export interface WatchActions {
  signal(name: "SIGQUIT" | "SIGTERM" | "SIGKILL"): void;
  /** Sends SIGTERM to the job's processes and spares the runner. */
  terminateJob(): void;
  /** Ends the job's processes that are there now and spares the runner: what it starts next lives. */
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
 * Keeps the time for one run of gitlab-runner, whose own wait limit is none, whose exit code says nothing, and which
 * waits up to ten minutes for a script that ignores SIGTERM. It learns from the runner's log and acts by signals alone.
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

  /** The time is over, or the environment is shut down. */
  interrupt(): void {
    this.isInterrupted ||= this.job?.end === undefined;
    this.terminate();
  }

  /** To be called with everything that the runner's log says, in its order. */
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

  /** To be called once, when the runner has gone. */
  outcome(exit: ProcessExit): RunOutcome {
    this.timers.clearAll();
    if (this.job) return this.jobOutcome(this.job);
    const how = exit.signal ?? `exit code ${exit.code}`;
    const isSound = exit.code === 0 || this.isLeaving;
    if (!isSound) return { kind: "runner-failed", reason: `gitlab-runner ended by ${how}` };
    return this.outcomeWithoutJob();
  }

  /** One answer shows that GitLab can be reached; only a rejection after it counts more. */
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

  /** The first answer confirms the job or takes it back; a refusal at the end means that GitLab ended it itself. */
  private reportAnswered(answer: ReportAnswer): void {
    if (!this.job) return;
    const isTakenBack = !this.job.isConfirmed && this.job.end === undefined && answer === "refused";
    if (this.job.end) this.job.isReported ||= answer !== "failed";
    this.job.isConfirmed = true;
    if (isTakenBack) this.vanished();
  }

  /** A job that vanished at its confirmation does not count for the runner either: it asks for another at once. */
  private vanished(): void {
    this.job = undefined;
    this.quit();
  }

  /** A cancel spares after_script, which has a time limit of its own; the end of the whole job does not. */
  private scriptOver(isWholeJob: boolean): void {
    if (!this.job || this.job.end) return;
    const isSpared = !isWholeJob && (this.job.hasAfterScript || this.timers.has("job"));
    if (!isSpared) this.endJob(this.timeouts.jobTermDelay, isWholeJob);
  }

  private afterScript(): void {
    if (this.job) this.job.hasAfterScript = true;
    if (!this.timers.has("whole-job")) this.timers.clear("job");
  }

  /** SIGTERM after a delay, SIGKILL after another, and again as long as the runner does not say that the job ended. */
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

  /** What the job left behind must not live as long as a last report that GitLab does not take. */
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
    // A second SIGTERM would make the runner drop everything at once.
    if (this.timers.has("kill")) return;
    this.isLeaving = true;
    this.actions.signal("SIGTERM");
    this.timers.set("kill", this.timeouts.kill, () => this.actions.signal("SIGKILL"));
    this.scriptOver(true);
  }
}
