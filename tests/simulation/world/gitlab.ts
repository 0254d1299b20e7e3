import type { NewRunner } from "../../../AutoScaler/src/ports";
import { parseRunnerDescription } from "../../../Core/configuration";
import type { Time } from "../../../Core/model/ledger";
import type { Random } from "./random";
import { DEPLOYMENT } from "./stack";
import type { Timeline } from "./timeline";

/** A job as its pipeline defines it. */
export interface JobPlan {
  readonly id: number;
  readonly projectId: number;
  readonly name: string;
  readonly tags: readonly string[];
  /** Milliseconds its script takes. */
  readonly duration: number;
  readonly outcome: "success" | "failed";
  /** How often GitLab retries it when its runner is lost (`retry:`). */
  readonly retries: number;
  /** It sends no webhook, and the mapping gives it no runner. */
  readonly isForeign: boolean;
  readonly ref: string;
  /** A retry is another job of the same pipeline and name. */
  readonly pipelineId: number;
}

/** All fields are set from the start: an object that changes its shape is slow to read. */
export interface Job extends JobPlan {
  status: string;
  readonly createdAt: Time;
  pendingAt: Time | undefined;
  assignedAt: Time | undefined;
  startedAt: Time | undefined;
  finishedAt: Time | undefined;
  runnerId: number | undefined;
  /** Cancels the timer after which GitLab takes the job back from a runner that did not confirm it. */
  callOff: (() => void) | undefined;
}

const newJob = (
  { id, projectId, name, tags, duration, outcome, retries, isForeign, ref, pipelineId }: JobPlan,
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
  ref,
  pipelineId,
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
  /** Until this time a request that was under way at the pause may still get a job. */
  lastRequestUntil: Time | undefined;
  /** Its machine's first request, and the id that the machine gave itself. */
  firstContactAt: Time | undefined;
  systemId: string;
  /** Its last request or report. */
  contactedAt: Time | undefined;
  /** While its job runs it reports so often, without an event of the timeline for each. */
  reports: { readonly since: Time; readonly every: number } | undefined;
}

/** A runner process whose request for a job is held by GitLab. */
export interface Asker {
  readonly runnerId: number;
  /** How its machine calls itself; it stays the same. */
  readonly systemId?: string;
  readonly give: (job: Job) => void;
}

export interface GitLabOptions {
  /** Which of the matching jobs a runner gets. */
  readonly gives: "oldest" | "newest" | "any";
  /** GitLab's limit of runner records for each project. */
  readonly recordsPerProject: number;
  /** Probability that a request is under way when its runner is paused. */
  readonly requestUnderWay: number;
  /**
   * GitLab's flag `allow_runner_job_acknowledgement`, off by default: an assigned job stays pending until its runner
   * confirms it. Without it a job is running the moment it is handed out.
   */
  readonly acknowledgement: boolean;
  /** False: an older GitLab, whose jobs' answers say nothing of the machine (`runner_manager`). */
  readonly tellsOfMachines: boolean;
}

export const GITLAB_DEFAULTS: GitLabOptions = {
  gives: "any",
  recordsPerProject: 1_000,
  requestUnderWay: 0.5,
  acknowledgement: false,
  tellsOfMachines: true,
};

const ENDED = new Set(["success", "failed", "canceled", "skipped"]);
export const hasJobEnded = ({ status }: Pick<Job, "status">): boolean => ENDED.has(status);

/** Milliseconds after which GitLab takes back a job that was assigned and not confirmed. */
const CONFIRM_WITHIN = 120_000;
/** Milliseconds within which GitLab answers a request that arrived before the pause. */
const LAST_REQUEST = 6_000;

export const PROTECTED_REF = "main";
export const isProtectedRef = (ref: string): boolean => ref === PROTECTED_REF;

const isAccessible = (record: RunnerRecord, job: Job): boolean =>
  record.accessLevel === "not_protected" || isProtectedRef(job.ref);

export const fits = (record: RunnerRecord, job: Job): boolean =>
  isAccessible(record, job) && hasTags(record, job);

const hasTags = (record: RunnerRecord, job: Job): boolean =>
  job.tags.length === 0 ? record.tags.length === 0 : job.tags.every((tag) => record.tags.includes(tag));

/** When a runner was last heard of. */
export const contactOf = ({ contactedAt, reports }: RunnerRecord, now: Time): Time | undefined =>
  reports === undefined
    ? contactedAt
    : reports.since + Math.floor((now - reports.since) / reports.every) * reports.every;

interface Project {
  readonly pending: Map<string, Set<Job>>;
  readonly askers: Map<string, Set<Asker>>;
  records: number;
}

/**
 * GitLab's jobs and runner records, and which runner gets which job: any pending job that matches.
 *
 * The fake GitLab of the rules' tests lets a test set any state. Here a state follows only from what runners and users
 * did at an instant of virtual time, and the checks rely on that.
 */
export class SimulatedGitLab {
  readonly jobs = new Map<number, Job>();
  readonly records = new Map<number, RunnerRecord>();
  /** Descriptions of deleted records. */
  readonly descriptions = new Map<number, string>();
  /** When a runner was first paused, or its record deleted: from then on it is given no job. */
  readonly closedAt = new Map<number, Time>();
  /** The first request of each runner's machine. */
  readonly firstContacts = new Map<number, Time>();
  readonly running = new Set<Job>();
  readonly open = new Map<number, Set<Job>>();
  /** Called at every change of a job's status. */
  onStatus: (job: Job) => void = () => undefined;
  onRemove: (runnerId: number) => void = () => undefined;
  /** Id of a job that GitLab creates itself. */
  nextJobId: () => number = () => Math.max(0, ...this.jobs.keys()) + 1;
  options: GitLabOptions;
  readonly #projects = new Map<number, Project>();
  readonly #askerOf = new Map<number, Asker>();
  /** Jobs that were assigned to a runner at some time. */
  readonly #assigned = new Map<number, Job[]>();
  readonly #given = new Map<number, { readonly jobId: number; readonly at: Time }[]>();
  #nextRunnerId = 9_000;
  #stalledUntil = 0;

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

  /** The job is pending now: a waiting runner gets it, or the next one that asks. */
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

  /** From now on, for so many milliseconds, no runner that asks gets a job. */
  stall(milliseconds: number): void {
    this.#stalledUntil = this.timeline.now + milliseconds;
    this.timeline.after(milliseconds, () => {
      for (const job of this.jobs.values()) this.#giveAway(job);
    });
  }

  #giveAway(job: Job): void {
    if (this.timeline.now < this.#stalledUntil) return;
    if (job.status !== "pending" || job.runnerId !== undefined) return;
    const fitting = [...this.#project(job.projectId).askers.values()].flatMap((askers) =>
      this.#candidates(askers, "oldest").filter((asker) => this.#mayTake(asker.runnerId, job)),
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
    this.contact(asker.runnerId);
    this.#line(job).delete(job);
    job.runnerId = asker.runnerId;
    job.assignedAt = this.timeline.now;
    const given = this.#given.get(asker.runnerId) ?? [];
    given.push({ jobId: job.id, at: this.timeline.now });
    this.#given.set(asker.runnerId, given);
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

  /** Cancels a job, as a user or a newer pipeline does. GitLab keeps `runner` set. */
  cancel(job: Job): void {
    if (hasJobEnded(job)) return;
    const isRunning = job.status === "running";
    if (!isRunning) this.#line(job).delete(job);
    this.#set(job, isRunning ? "canceling" : "canceled");
  }

  // --------------------------------------------------------------------------------------- runner's API

  /** A runner asks for a job; without a job the request is held. "refused": its record is unknown. */
  request(asker: Asker): "held" | "given" | "refused" {
    const record = this.records.get(asker.runnerId);
    if (record === undefined) return "refused";
    record.systemId = asker.systemId ?? "";
    this.contact(asker.runnerId);
    const lines = [...this.#project(record.projectId).pending.values()];
    const fitting = lines.flatMap((line) =>
      this.#candidates(line, this.options.gives).filter((job) => this.#mayTake(record.id, job)),
    );
    if (fitting.length === 0 || this.timeline.now < this.#stalledUntil) {
      if (record.pausedAt === undefined) this.#hold(record, asker);
      return "held";
    }
    this.#assign(this.random.pick(fitting), asker);
    return "given";
  }

  /** The candidates of a queue: all of it where the choice is random, else its first or last item. */
  #candidates<Item>(queue: ReadonlySet<Item>, which: GitLabOptions["gives"]): Item[] {
    if (this.options.gives === "any") return [...queue];
    if (which === "newest") return [...queue].slice(-1);
    const [first] = queue;
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

  /** Drops a runner's held request. */
  forget(runnerId: number): void {
    const asker = this.#askerOf.get(runnerId);
    if (asker === undefined) return;
    this.#askerOf.delete(runnerId);
    const record = this.records.get(runnerId);
    if (record === undefined) return;
    this.#project(record.projectId).askers.get(record.tags.join("\n"))?.delete(asker);
  }

  /** The runner's first report. With two-phase commit the job runs from now on. False: the runner lost the job. */
  confirm(job: Job, runnerId: number): boolean {
    if (!this.options.acknowledgement) {
      return job.runnerId === runnerId && (job.status === "running" || job.status === "canceling");
    }
    const isIts = job.status === "pending" && job.runnerId === runnerId && this.records.has(runnerId);
    if (!isIts) return false;
    this.contact(runnerId);
    job.callOff?.();
    job.callOff = undefined;
    this.#begin(job);
    return true;
  }

  finish(job: Job, runnerId: number, status: "success" | "failed" | "canceled"): void {
    const isIts = job.runnerId === runnerId && (job.status === "running" || job.status === "canceling");
    if (isIts) this.#set(job, job.status === "canceling" ? "canceled" : status);
  }

  /** Fails a job without reports, as GitLab's own clean-up does, and creates the job's retry. */
  dropStuck(job: Job): void {
    if (job.status === "running" || job.status === "canceling") this.#lose(job);
  }

  /** A runner reports that it was interrupted (`runner_interrupted`). */
  interrupt(job: Job, runnerId: number): void {
    if (job.status === "canceling") this.finish(job, runnerId, "canceled");
    else if (job.runnerId === runnerId && job.status === "running") this.#lose(job);
  }

  #lose(job: Job): void {
    const isRetried = job.status === "running" && job.retries > 0;
    this.#set(job, "failed");
    if (isRetried) this.add({ ...job, id: this.nextJobId(), retries: job.retries - 1 });
  }

  /** When a runner first got another job than that one. */
  otherJobAt(runnerId: number, jobId: number): Time | undefined {
    return this.#given.get(runnerId)?.find((given) => given.jobId !== jobId)?.at;
  }

  jobsOf(runnerId: number): Job[] {
    return (this.#assigned.get(runnerId) ?? []).filter((job) => job.runnerId === runnerId);
  }

  // ----------------------------------------------------------------------------------------- contact

  /** A runner spoke to GitLab. */
  contact(runnerId: number): void {
    const record = this.records.get(runnerId);
    if (record === undefined) return;
    record.contactedAt = this.timeline.now;
    if (record.firstContactAt === undefined) this.firstContacts.set(runnerId, this.timeline.now);
    record.firstContactAt ??= this.timeline.now;
    record.reports = undefined;
  }

  /** It runs a job from now on, and reports every so often. */
  beginReports(runnerId: number, every: number): void {
    this.contact(runnerId);
    const record = this.records.get(runnerId);
    if (record !== undefined) record.reports = { since: this.timeline.now, every };
  }

  /** It is gone: its last report stays the last one. */
  endReports(runnerId: number): void {
    const record = this.records.get(runnerId);
    if (record === undefined) return;
    record.contactedAt = contactOf(record, this.timeline.now);
    record.reports = undefined;
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
      firstContactAt: undefined,
      systemId: "",
      contactedAt: undefined,
      reports: undefined,
    };
    this.records.set(record.id, record);
    this.descriptions.set(record.id, record.description);
    return record;
  }

  /** The job that a record's description names, if it is one of ours. */
  madeFor(runnerId: number): Job | undefined {
    const mark = parseRunnerDescription(DEPLOYMENT, this.descriptions.get(runnerId) ?? "");
    return mark && this.jobs.get(mark.jobId);
  }

  pause(runnerId: number): boolean {
    const record = this.records.get(runnerId);
    if (record === undefined) return false;
    if (record.pausedAt !== undefined) return true;
    record.pausedAt = this.timeline.now;
    this.#close(runnerId);
    const isUnderWay = this.random.chance(this.options.requestUnderWay);
    const left = isUnderWay ? this.random.between(0, LAST_REQUEST) : 0;
    record.lastRequestUntil = this.timeline.now + left;
    if (isUnderWay) this.timeline.after(left, () => this.forget(runnerId));
    else this.forget(runnerId);
    return true;
  }

  #close(runnerId: number): void {
    if (!this.closedAt.has(runnerId)) this.closedAt.set(runnerId, this.timeline.now);
  }

  remove(runnerId: number): boolean {
    const record = this.records.get(runnerId);
    if (record === undefined) return false;
    this.forget(runnerId);
    this.#project(record.projectId).records -= 1;
    this.records.delete(runnerId);
    this.#close(runnerId);
    this.onRemove(runnerId);
    return true;
  }
}
