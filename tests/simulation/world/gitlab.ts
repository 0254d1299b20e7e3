import type { NewRunner } from "../../../AutoScaler/src/ports";
import type { Time } from "../../../Core/model/ledger";
import type { Random } from "./random";
import type { Timeline } from "./timeline";

/** What a pipeline says of a job. */
export interface JobPlan {
  readonly id: number;
  readonly projectId: number;
  readonly name: string;
  readonly tags: readonly string[];
  /** Milliseconds its script takes. */
  readonly duration: number;
  readonly outcome: "success" | "failed";
  /** How often GitLab runs it again when its runner is lost (`retry:`). */
  readonly retries: number;
  /** A job that sends no webhook and that the mapping gives no runner. */
  readonly isForeign: boolean;
}

/** All fields from the start: an object that changes its shape is slow to read. */
export interface Job extends JobPlan {
  status: string;
  readonly createdAt: Time;
  pendingAt: Time | undefined;
  assignedAt: Time | undefined;
  startedAt: Time | undefined;
  finishedAt: Time | undefined;
  runnerId: number | undefined;
  /** Calls off that GitLab takes it back from a runner that does not confirm. */
  callOff: (() => void) | undefined;
}

const newJob = (
  { id, projectId, name, tags, duration, outcome, retries, isForeign }: JobPlan,
  createdAt: Time,
): Job => ({
  id,
  projectId,
  name,
  tags,
  duration,
  outcome,
  retries,
  isForeign,
  status: "created",
  createdAt,
  pendingAt: undefined,
  assignedAt: undefined,
  startedAt: undefined,
  finishedAt: undefined,
  runnerId: undefined,
  callOff: undefined,
});

export interface RunnerRecord extends NewRunner {
  readonly id: number;
  readonly createdAt: Time;
  pausedAt: Time | undefined;
  /** Until then a request that was under way at the pause may still get a job. */
  lastRequestUntil: Time | undefined;
}

/** A runner process that waits for an answer to its request for a job. */
export interface Asker {
  readonly runnerId: number;
  readonly give: (job: Job) => void;
}

export interface GitLabOptions {
  /** Which of the jobs that fit a runner gets. */
  readonly gives: "oldest" | "newest" | "any";
  /** GitLab's limit of runner records a project. */
  readonly recordsPerProject: number;
  /** Probability that a request is under way when its runner is paused. */
  readonly requestUnderWay: number;
  /**
   * GitLab's flag `allow_runner_job_acknowledgement`, off by default: an assigned job stays pending until its runner
   * confirms it. Without it a job is running the moment it is handed out.
   */
  readonly acknowledgement: boolean;
}

export const GITLAB_DEFAULTS: GitLabOptions = {
  gives: "any",
  recordsPerProject: 1_000,
  requestUnderWay: 0.5,
  acknowledgement: false,
};

const ENDED = new Set(["success", "failed", "canceled", "skipped"]);
export const hasJobEnded = ({ status }: Pick<Job, "status">): boolean => ENDED.has(status);

/** Assigned, and neither confirmed nor ended: GitLab takes it back after two minutes. */
const CONFIRM_WITHIN = 120_000;
/** A request that reached GitLab before the pause is answered within this time. */
const LAST_REQUEST = 6_000;

export const fits = (record: RunnerRecord, job: Job): boolean =>
  job.tags.length === 0 ? record.tags.length === 0 : job.tags.every((tag) => record.tags.includes(tag));

interface Project {
  readonly pending: Map<string, Set<Job>>;
  readonly askers: Map<string, Set<Asker>>;
  records: number;
}

/**
 * GitLab's side: jobs, runner records, and who gets what. Whoever asks gets any pending job that fits.
 *
 * Not the fake GitLab of the domain's tests, whose jobs are put into any state at a test's will: here a state
 * follows from what runners and users did, at a moment of virtual time, and verdicts rest on that.
 */
export class SimulatedGitLab {
  readonly jobs = new Map<number, Job>();
  readonly records = new Map<number, RunnerRecord>();
  /** Of records that are gone: what they were made for. */
  readonly descriptions = new Map<number, string>();
  readonly running = new Set<Job>();
  readonly open = new Map<number, Set<Job>>();
  /** Called at every change of a job's status. */
  onStatus: (job: Job) => void = () => undefined;
  onRemove: (runnerId: number) => void = () => undefined;
  /** The id of a job that GitLab makes itself. */
  nextJobId: () => number = () => Math.max(0, ...this.jobs.keys()) + 1;
  options: GitLabOptions;
  readonly #projects = new Map<number, Project>();
  readonly #askerOf = new Map<number, Asker>();
  /** Jobs that were assigned to a runner at some time. */
  readonly #assigned = new Map<number, Job[]>();
  #nextRunnerId = 9_000;

  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
    options: Partial<GitLabOptions> = {},
  ) {
    this.options = { ...GITLAB_DEFAULTS, ...options };
  }

  #project(id: number): Project {
    const known = this.#projects.get(id);
    if (known !== undefined) return known;
    const project: Project = { pending: new Map(), askers: new Map(), records: 0 };
    this.#projects.set(id, project);
    return project;
  }

  #line(job: Job): Set<Job> {
    const { pending } = this.#project(job.projectId);
    const key = job.tags.join("\n");
    const line = pending.get(key) ?? new Set<Job>();
    pending.set(key, line);
    return line;
  }

  get projectIds(): number[] {
    return [...this.#projects.keys()].sort((one, other) => one - other);
  }

  // ------------------------------------------------------------------------------------------------ jobs

  #set(job: Job, status: string): void {
    job.status = status;
    if (status === "running") this.running.add(job);
    else if (status !== "canceling") this.running.delete(job);
    if (hasJobEnded(job)) {
      this.#openOf(job).delete(job);
      job.finishedAt = this.timeline.now;
    } else this.#openOf(job).add(job);
    this.onStatus(job);
  }

  #openOf({ projectId }: Job): Set<Job> {
    const open = this.open.get(projectId) ?? new Set<Job>();
    if (open.size === 0) this.open.set(projectId, open);
    return open;
  }

  add(job: JobPlan, status: "created" | "pending" = "pending"): Job {
    const added = newJob(job, this.timeline.now);
    this.jobs.set(job.id, added);
    this.#set(added, "created");
    if (status === "pending") this.enqueue(added);
    return added;
  }

  /** The job may be taken: by a runner that waits, or by the next that asks. */
  enqueue(job: Job): void {
    if (hasJobEnded(job)) return;
    job.pendingAt = this.timeline.now;
    job.runnerId = undefined;
    this.#set(job, "pending");
    this.#offer(job);
  }

  #offer(job: Job): void {
    this.#line(job).add(job);
    this.timeline.after(this.random.between(5, 400), () => this.#giveAway(job));
  }

  #giveAway(job: Job): void {
    if (job.status !== "pending" || job.runnerId !== undefined) return;
    const fitting = [...this.#project(job.projectId).askers.values()].flatMap((askers) =>
      this.#some(askers, "oldest").filter((asker) => this.#mayTake(asker.runnerId, job)),
    );
    if (fitting.length > 0) this.#assign(job, this.random.pick(fitting));
  }

  #mayTake(runnerId: number, job: Job): boolean {
    const record = this.records.get(runnerId);
    if (record === undefined || record.projectId !== job.projectId || !fits(record, job)) return false;
    return record.pausedAt === undefined || this.timeline.now < (record.lastRequestUntil ?? 0);
  }

  #assign(job: Job, asker: Asker): void {
    this.forget(asker.runnerId);
    this.#line(job).delete(job);
    job.runnerId = asker.runnerId;
    job.assignedAt = this.timeline.now;
    const assigned = this.#assigned.get(asker.runnerId);
    if (assigned === undefined) this.#assigned.set(asker.runnerId, [job]);
    else if (!assigned.includes(job)) assigned.push(job);
    if (this.options.acknowledgement) this.#awaitConfirmation(job, asker);
    else this.#begin(job);
    asker.give(job);
  }

  #awaitConfirmation(job: Job, asker: Asker): void {
    const { assignedAt } = job;
    job.callOff = this.timeline.deadline(CONFIRM_WITHIN, () => {
      const isStuck = job.status === "pending" && job.runnerId === asker.runnerId;
      if (!isStuck || job.assignedAt !== assignedAt) return;
      job.runnerId = undefined;
      this.#offer(job);
    });
  }

  #begin(job: Job): void {
    job.startedAt = this.timeline.now;
    this.#set(job, "running");
  }

  /** The user's word, or a pipeline that was superseded. GitLab keeps `runner` set. */
  cancel(job: Job): void {
    if (hasJobEnded(job)) return;
    const isRunning = job.status === "running";
    if (!isRunning) this.#line(job).delete(job);
    this.#set(job, isRunning ? "canceling" : "canceled");
  }

  // --------------------------------------------------------------------------------------- runner's API

  /** A runner asks for a job; without one it is held. "refused": its record is unknown. */
  request(asker: Asker): "held" | "given" | "refused" {
    const record = this.records.get(asker.runnerId);
    if (record === undefined) return "refused";
    const lines = [...this.#project(record.projectId).pending.values()];
    const fitting = lines.flatMap((line) =>
      this.#some(line, this.options.gives).filter((job) => this.#mayTake(record.id, job)),
    );
    if (fitting.length === 0) {
      if (record.pausedAt === undefined) this.#hold(record, asker);
      return "held";
    }
    this.#assign(this.random.pick(fitting), asker);
    return "given";
  }

  /** Those of a line that come into question; all of it only where the dice decide. */
  #some<Item>(line: ReadonlySet<Item>, which: GitLabOptions["gives"]): Item[] {
    if (this.options.gives === "any") return [...line];
    if (which === "newest") return [...line].slice(-1);
    const [first] = line;
    return first === undefined ? [] : [first];
  }

  #hold(record: RunnerRecord, asker: Asker): void {
    const { askers } = this.#project(record.projectId);
    const key = record.tags.join("\n");
    const held = askers.get(key) ?? new Set<Asker>();
    askers.set(key, held);
    held.add(asker);
    this.#askerOf.set(record.id, asker);
  }

  /** The runner's request is over. */
  forget(runnerId: number): void {
    const asker = this.#askerOf.get(runnerId);
    if (asker === undefined) return;
    this.#askerOf.delete(runnerId);
    const record = this.records.get(runnerId);
    if (record === undefined) return;
    this.#project(record.projectId).askers.get(record.tags.join("\n"))?.delete(asker);
  }

  /** The runner's first report. With two-phase commit only now the job runs. False: it has lost the job. */
  confirm(job: Job, runnerId: number): boolean {
    if (!this.options.acknowledgement) {
      return job.runnerId === runnerId && (job.status === "running" || job.status === "canceling");
    }
    const isIts = job.status === "pending" && job.runnerId === runnerId && this.records.has(runnerId);
    if (!isIts) return false;
    job.callOff?.();
    job.callOff = undefined;
    this.#begin(job);
    return true;
  }

  finish(job: Job, runnerId: number, status: "success" | "failed" | "canceled"): void {
    const isIts = job.runnerId === runnerId && (job.status === "running" || job.status === "canceling");
    if (isIts) this.#set(job, job.status === "canceling" ? "canceled" : status);
  }

  /** Nobody has reported for too long: GitLab's own clean-up, and the retry that the job asks for. */
  dropStuck(job: Job): void {
    if (job.status !== "running" && job.status !== "canceling") return;
    const isRetried = job.status === "running" && job.retries > 0;
    this.#set(job, "failed");
    if (isRetried) this.add({ ...job, id: this.nextJobId(), retries: job.retries - 1 });
  }

  jobsOf(runnerId: number): Job[] {
    return (this.#assigned.get(runnerId) ?? []).filter((job) => job.runnerId === runnerId);
  }

  // ----------------------------------------------------------------------------------------- records

  create(runner: NewRunner): RunnerRecord | "limit" {
    const project = this.#project(runner.projectId);
    if (project.records >= this.options.recordsPerProject) return "limit";
    project.records += 1;
    this.#nextRunnerId += 1;
    const record: RunnerRecord = {
      ...runner,
      id: this.#nextRunnerId,
      createdAt: this.timeline.now,
      pausedAt: undefined,
      lastRequestUntil: undefined,
    };
    this.records.set(record.id, record);
    this.descriptions.set(record.id, record.description);
    return record;
  }

  pause(runnerId: number): boolean {
    const record = this.records.get(runnerId);
    if (record === undefined) return false;
    if (record.pausedAt !== undefined) return true;
    record.pausedAt = this.timeline.now;
    const isUnderWay = this.random.chance(this.options.requestUnderWay);
    const left = isUnderWay ? this.random.between(0, LAST_REQUEST) : 0;
    record.lastRequestUntil = this.timeline.now + left;
    if (isUnderWay) this.timeline.after(left, () => this.forget(runnerId));
    else this.forget(runnerId);
    return true;
  }

  remove(runnerId: number): boolean {
    const record = this.records.get(runnerId);
    if (record === undefined) return false;
    this.forget(runnerId);
    this.#project(record.projectId).records -= 1;
    this.records.delete(runnerId);
    this.onRemove(runnerId);
    return true;
  }
}
