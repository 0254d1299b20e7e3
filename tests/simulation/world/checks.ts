import type { Ec2, SimulatedInstance } from "./ec2";
import {
  fits,
  hasJobEnded,
  isProtectedRef,
  type Job,
  type RunnerRecord,
  type SimulatedGitLab,
} from "./gitlab";
import type { Machine, Machines } from "./machines";
import { matched } from "./matching";
import { runnerSpans } from "./proof/runner-spans";
import { wrongStarts } from "./proof/starts";
import { KINDS } from "./stack";
import type { Timeline } from "./timeline";

/** What really is, whatever the ledger says. */
export interface Seen {
  readonly timeline: Timeline;
  readonly gitLab: SimulatedGitLab;
  readonly ec2: Ec2;
  readonly machines: Machines;
  /** Milliseconds for which GitLab has been down, until now or shortly before; 0 otherwise. */
  readonly downFor: () => number;
  readonly totalLimit: () => number;
  readonly classLimit: (classKey: string) => number;
  /** Whether a job was reported as failed. */
  readonly isReported: (jobId: number) => boolean;
}

export type { SimulatedInstance };

const FORCED_AFTER = 29 * 60_000;
/**
 * Milliseconds. It takes two passes to find a job without a webhook, and two more to find that a foreign job took its
 * runner. The matching cannot tell whose runner that was, so the latest job counts as unmet in both cases.
 */
const MET_WITHIN = 300_000;
/** Milliseconds for which a runner record without a machine counts as a start under way. */
const STARTS_WITHIN = 180_000;
const LIVE = ["pending", "running"];

export const isLive = ({ state }: SimulatedInstance): boolean => LIVE.includes(state);

/** Checks that hold at every instant. `broken` names each violation. */
export class Checks {
  readonly broken: string[] = [];
  mostLive = 0;
  /** Longest time from a job's start to its runner's pause, in milliseconds. */
  readonly pauses: number[] = [];
  #live = new Map<string, number>();
  #unmetSince = new Map<number, number>();

  constructor(readonly seen: Seen) {}

  complain(what: string): void {
    if (this.broken.length < 20)
      this.broken.push(`${what} (at ${Math.round(this.seen.timeline.now / 1000)} s)`);
  }

  #isOverdue({ since, row }: Machine): boolean {
    return this.seen.timeline.now >= since + row.lifetimeSeconds * 1000;
  }

  /** Whether a job has not ended and is not being cancelled. */
  #needs(job: Job): boolean {
    return !hasJobEnded(job) && job.status !== "canceling";
  }

  /** I-3: a busy runner is left alone until its lifetime is over. */
  #checkIdle(runnerId: number, act: string): void {
    const machine = this.seen.machines.byRunner.get(runnerId);
    const isRunning = machine !== undefined && !machine.isGone && !this.#isOverdue(machine);
    const job = this.seen.gitLab.jobsOf(runnerId).find((one) => this.#needs(one));
    if (isRunning && job !== undefined) {
      this.complain(`I-3: ${act} runner ${runnerId} while job ${job.id} was ${job.status} on it`);
    }
  }

  deleting(runnerId: number): void {
    const record = this.seen.gitLab.records.get(runnerId);
    if (record === undefined) return;
    this.#checkIdle(runnerId, "deleted the record of");
    const machine = this.seen.machines.byRunner.get(runnerId);
    const mayTakeJobs = machine !== undefined && !machine.isGone && machine.job === undefined;
    if (record.pausedAt === undefined && mayTakeJobs && !this.#isOverdue(machine)) {
      this.complain(`I-20: deleted the record of runner ${runnerId} without a pause`);
    }
  }

  paused(runnerId: number): void {
    const record = this.seen.gitLab.records.get(runnerId);
    const job = this.seen.gitLab.jobsOf(runnerId).find(({ status }) => status === "running");
    if (record?.pausedAt === undefined && job?.startedAt !== undefined) {
      this.pauses.push(this.seen.timeline.now - job.startedAt);
    }
  }

  terminating(instance: SimulatedInstance): void {
    if (isLive(instance)) this.ending(instance);
  }

  /** Of an instance or a MicroVM that lives. */
  ending(instance: { readonly id: string }): void {
    const runnerId = this.seen.machines.byResource.get(instance.id)?.row.runnerId;
    if (runnerId === undefined) return;
    this.#checkIdle(runnerId, "terminated");
    if (this.seen.gitLab.records.has(runnerId) && this.seen.downFor() < FORCED_AFTER) {
      this.complain(`I-20: terminated ${instance.id} before the record of runner ${runnerId} was deleted`);
    }
  }

  /** Its class asks for it, and its ref is not protected. */
  mayBeKept(job: Job | undefined): boolean {
    return job?.name === KINDS.kept.name && !isProtectedRef(job.ref);
  }

  /** T-35: a VM is kept of a job that failed and whose own class asks for it, whatever it was launched for. */
  keeping(vmId: string, runnerId: number | undefined): void {
    const ran = [...this.seen.gitLab.jobs.values()].filter((job) => job.runnerId === runnerId);
    if (ran.length === 0 || ran.some((job) => job.status !== "failed" || !this.mayBeKept(job)))
      this.complain(
        `T-35: ${vmId} is kept, of ${ran.map(({ id, name, status }) => `${name} ${id}, ${status}`)}`,
      );
  }

  /** I-22: counts what really runs, at every start and end. */
  count(classKey: string, difference: 1 | -1): void {
    this.#live.set(classKey, (this.#live.get(classKey) ?? 0) + difference);
    const total = [...this.#live.values()].reduce((sum, count) => sum + count, 0);
    this.mostLive = Math.max(this.mostLive, total);
    if (difference < 0) return;
    if (total > this.seen.totalLimit())
      this.complain(`I-22: ${total} live, the stack's limit is ${this.seen.totalLimit()}`);
    const limit = this.seen.classLimit(classKey);
    const ofClass = this.#live.get(classKey) ?? 0;
    if (ofClass > limit) this.complain(`I-22: ${ofClass} live of ${classKey}, its limit is ${limit}`);
  }

  /** Whether a runner can take a job now or soon. */
  #isAble({ id, pausedAt, createdAt }: RunnerRecord): boolean {
    const machine = this.seen.machines.byRunner.get(id);
    const isFree = !this.seen.gitLab.jobsOf(id).some((job) => !hasJobEnded(job));
    if (pausedAt !== undefined || !isFree) return false;
    return machine === undefined
      ? this.seen.timeline.now - createdAt < STARTS_WITHIN
      : !machine.isGone && machine.job === undefined;
  }

  /** Our latest pending jobs for which GitLab and the providers show no runner of their own. */
  unmet(): readonly Job[] {
    const { gitLab } = this.seen;
    const able = [...gitLab.records.values()].filter((record) => this.#isAble(record));
    const pending = [...gitLab.jobs.values()].filter(
      ({ status, runnerId, name }) =>
        status === "pending" && runnerId === undefined && name !== KINDS.foreign.name,
    );
    const mayHave = pending.map((job) =>
      able.filter((record) => record.projectId === job.projectId && fits(record, job)),
    );
    const met = new Set(matched(mayHave));
    return pending.filter((_, index) => !met.has(index));
  }

  /** I-1: no job of ours is without a runner for long, except those that were reported. Called every few seconds. */
  checkDemand(): void {
    const { now } = this.seen.timeline;
    this.#unmetSince = new Map(this.unmet().map(({ id }) => [id, this.#unmetSince.get(id) ?? now]));
    const late = [...this.#unmetSince].filter(
      ([id, since]) => now - since > MET_WITHIN && !this.seen.isReported(id),
    );
    if (late.length === 0) return;
    this.complain(`I-1: for five minutes no runner may take the jobs ${late.map(([id]) => id).join(", ")}`);
  }

  live(classKey: string): number {
    return this.#live.get(classKey) ?? 0;
  }

  /** I-2: at most one runner for each job and attempt, and a further attempt only where the one before cannot serve the job. */
  wrongStarts(): readonly string[] {
    return wrongStarts(runnerSpans(this.seen));
  }
}
