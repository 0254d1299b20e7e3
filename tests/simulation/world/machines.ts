import type { BootstrapRow } from "../../../Core/model/bootstrap-row";
import type { Time } from "../../../Core/model/ledger";
import type { Provider } from "../../../Core/model/runner-class";
import type { Job, SimulatedGitLab } from "./gitlab";
import type { Random } from "./random";
import type { InvocationStatus } from "./reports";
import { SPOT_NOTICE } from "./spot-notice";
import type { Timeline } from "./timeline";

/** A runner process on its provider, from its bootstrap row to its end. */
export interface Machine {
  readonly provider: Provider;
  /** Instance id, or the function's invocation. */
  readonly place: string;
  readonly row: BootstrapRow;
  readonly since: Time;
  /** Seconds for which it installed what its image lacks, before that. */
  readonly installed: number;
  job: Job | undefined;
  isGone: boolean;
  goneAt: Time | undefined;
  /** It ended its job or its wait by itself. */
  onLeave: (status: InvocationStatus) => void;
  /** Calls off the end of its life. */
  callOff: () => void;
}

export interface MachineOptions {
  /** Probability that a machine dies during its job without a report. */
  readonly crashes: number;
  /** Probability that it dies when it gets a job, before its first report. */
  readonly crashesAtHandOut: number;
}

/** Of one that is gone: a hundred thousand of them would keep what their launches held. */
const NOTHING = (): void => undefined;

const HELD_FOR = 50_000;
const BETWEEN_REQUESTS = 3_000;
const SEES_CANCEL_WITHIN = 3_000;
/** A silent job's report; four times a minute's where nobody watches the job. */
const REPORTS_EVERY = 30_000;
const REPORTS_UNWATCHED_EVERY = 240_000;
/** GitLab fails a running job that nobody reported on for so long. */
const SILENT_FOR = 3_600_000;
/** Pauses before the tries of the last report, in milliseconds: it is sent after 0, 5, 11 and 18 s. */
const REPORT_AFTER = [0, 5_000, 6_000, 7_000];

export interface MachinesParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly gitLab: SimulatedGitLab;
  readonly isGitLabDown: () => boolean;
  readonly options: MachineOptions;
}

/** As Ec2Runner/user-data.sh and LambdaShellRunner write it. */
const systemIdOf = ({ installed, row }: Machine): string => {
  const id = row.runnerId.toString(16);
  return installed > 0
    ? `r_I${String(installed).padStart(3, "0")}${id.padStart(8, "0")}`
    : `r_${id.padStart(12, "0")}`;
};

/** The runner processes on the providers: each asks for one job, runs it, reports and ends. */
export class Machines {
  readonly alive = new Set<Machine>();
  /** All that ever were. */
  readonly all: Machine[] = [];
  /** Machines by runner id; a second machine for one record is a defect of the product. */
  readonly byRunner = new Map<number, Machine>();
  readonly byResource = new Map<string, Machine>();
  /** Number of machines that got a token, by job and attempt: `<job>-<attempt>`. */
  readonly startedFor = new Map<string, number>();

  constructor(readonly parts: MachinesParts) {}

  start(
    provider: Provider,
    place: string,
    row: BootstrapRow,
    onLeave: Machine["onLeave"],
    installed = 0,
  ): Machine {
    const { timeline, gitLab } = this.parts;
    const machine: Machine = {
      provider,
      place,
      row,
      since: timeline.now,
      installed,
      job: undefined,
      isGone: false,
      goneAt: undefined,
      onLeave,
      callOff: timeline.deadline(row.lifetimeSeconds * 1000, () => this.#atLifetime(machine)),
    };
    const description = gitLab.descriptions.get(row.runnerId) ?? "";
    this.startedFor.set(description, (this.startedFor.get(description) ?? 0) + 1);
    this.alive.add(machine);
    this.all.push(machine);
    this.byRunner.set(row.runnerId, machine);
    this.byResource.set(place, machine);
    timeline.after(this.parts.random.between(50, 400), () => this.#ask(machine));
    return machine;
  }

  #end(machine: Machine): void {
    this.parts.gitLab.endReports(machine.row.runnerId);
    machine.isGone = true;
    machine.goneAt = this.parts.timeline.now;
    this.alive.delete(machine);
    machine.callOff();
    machine.callOff = NOTHING;
  }

  /** Ends a machine whose instance or function is gone. */
  kill(machine: Machine): void {
    this.#end(machine);
    this.parts.gitLab.forget(machine.row.runnerId);
    const { job } = machine;
    if (job !== undefined) this.#abandon(job);
  }

  leave(machine: Machine, status: InvocationStatus = "success"): void {
    if (machine.isGone) return;
    this.#end(machine);
    this.parts.gitLab.forget(machine.row.runnerId);
    const { onLeave } = machine;
    machine.onLeave = NOTHING;
    onLeave(status);
  }

  /** GitLab fails a job without reports, at its time-out or after an hour. */
  #abandon(job: Job): void {
    const { timeline, gitLab } = this.parts;
    if (job.startedAt === undefined) return;
    const timeout = gitLab.records.get(job.runnerId ?? 0)?.maximumTimeoutSeconds ?? 3_600;
    const dropped = Math.min(job.startedAt + timeout * 1000, timeline.now + SILENT_FOR);
    timeline.at(dropped, () => gitLab.dropStuck(job));
  }

  #atLifetime(machine: Machine): void {
    if (machine.isGone) return;
    const { job } = machine;
    if (job !== undefined) this.parts.gitLab.finish(job, machine.row.runnerId, "failed");
    this.leave(machine);
  }

  /** EC2 will take the instance: a runner that waits leaves, and a job is interrupted after a grace (Ec2Runner/user-data.sh). */
  noticed(machine: Machine): void {
    const { timeline, random } = this.parts;
    timeline.after(random.between(0, SPOT_NOTICE.looksEvery), () => {
      if (machine.job === undefined) this.leave(machine);
      else timeline.after(SPOT_NOTICE.grace, () => this.#interrupt(machine));
    });
  }

  #interrupt(machine: Machine): void {
    const { gitLab, isGitLabDown } = this.parts;
    const { job } = machine;
    if (machine.isGone) return;
    if (job !== undefined && isGitLabDown()) this.#abandon(job);
    else if (job !== undefined) gitLab.interrupt(job, machine.row.runnerId);
    this.leave(machine);
  }

  #ask(machine: Machine): void {
    const { timeline } = this.parts;
    if (machine.isGone) return;
    const isTired = timeline.now - machine.since >= machine.row.waitTimeoutSeconds * 1000;
    if (isTired) this.leave(machine);
    else if (this.parts.isGitLabDown()) timeline.after(BETWEEN_REQUESTS, () => this.#ask(machine));
    else this.#request(machine);
  }

  #request(machine: Machine): void {
    const { timeline, gitLab, random } = this.parts;
    const { runnerId } = machine.row;
    let callOff: (() => void) | undefined;
    const give = (job: Job): void => {
      callOff?.();
      machine.job = job;
      if (random.chance(this.parts.options.crashesAtHandOut))
        timeline.after(1, () => this.#crash(machine, job));
      else timeline.after(random.between(20, 300), () => this.#confirm(machine, job));
    };
    const systemId = systemIdOf(machine);
    const answer = gitLab.request({ runnerId, systemId, give });
    if (answer === "refused") timeline.after(100, () => this.leave(machine));
    if (answer !== "held") return;
    callOff = timeline.deadline(HELD_FOR, () => {
      if (machine.isGone) return;
      gitLab.forget(runnerId);
      timeline.after(BETWEEN_REQUESTS, () => this.#ask(machine));
    });
  }

  #confirm(machine: Machine, job: Job): void {
    const { timeline, gitLab, isGitLabDown } = this.parts;
    if (machine.isGone) return;
    if (isGitLabDown()) timeline.after(BETWEEN_REQUESTS, () => this.#confirm(machine, job));
    else if (gitLab.confirm(job, machine.row.runnerId)) this.#run(machine, job);
    else this.#askAnew(machine);
  }

  /** A job that was taken back does not count as the runner's one job: the runner asks again at once. */
  #askAnew(machine: Machine): void {
    machine.job = undefined;
    this.parts.timeline.after(this.parts.random.between(10, 200), () => this.#ask(machine));
  }

  #run(machine: Machine, job: Job): void {
    const { timeline, random, options, gitLab } = this.parts;
    gitLab.beginReports(machine.row.runnerId, job.id % 2 === 0 ? REPORTS_EVERY : REPORTS_UNWATCHED_EVERY);
    if (random.chance(options.crashes)) {
      timeline.after(random.between(0, job.duration), () => this.#crash(machine, job));
    }
    timeline.after(job.duration, () => this.#report(machine, job, 0));
    this.#watchCancel(machine, job);
    // Cancelled between the hand-out and the runner's first report.
    if (job.status === "canceling") this.cancelled.get(job)?.();
  }

  #crash(machine: Machine, job: Job): void {
    if (machine.isGone) return;
    this.#abandon(job);
    this.leave(machine, "error");
  }

  /** The function ends in the middle of whatever it does: killed, out of memory or of time, or Lambda failed. */
  endFunction(machine: Machine, status: InvocationStatus): void {
    if (machine.job !== undefined) this.#abandon(machine.job);
    this.leave(machine, status);
  }

  /** A runner sees a cancel at its next report. Only cancelled jobs are watched, to save events. */
  #watchCancel(machine: Machine, job: Job): void {
    this.cancelled.set(job, () =>
      this.parts.timeline.after(this.parts.random.between(100, SEES_CANCEL_WITHIN), () =>
        this.#report(machine, job, 0),
      ),
    );
  }

  readonly cancelled = new Map<Job, () => void>();

  #report(machine: Machine, job: Job, tries: number): void {
    const { timeline, gitLab, isGitLabDown } = this.parts;
    if (machine.isGone) return;
    this.cancelled.delete(job);
    const pause = REPORT_AFTER[tries + 1];
    if (isGitLabDown() && pause !== undefined) {
      timeline.after(pause, () => this.#report(machine, job, tries + 1));
      return;
    }
    if (isGitLabDown()) this.#abandon(job);
    else gitLab.finish(job, machine.row.runnerId, job.outcome);
    timeline.after(20, () => this.leave(machine));
  }
}
