import {
  type QueuedProject,
  type QueueKind,
  queueName,
  queuesRecordName,
  readQueuedProject,
} from "../../../Core/ledger/queues";
import { isOrdered, type OrderedAttempt, type Time, touch } from "../../../Core/model/ledger";
import { providerInKey } from "../../../Core/model/runner-class";
import { isLaunchDue } from "../../../Core/queue/retry-schedule";
import type { Dependencies } from "../dependencies";
import { pendingEvent } from "../events";
import { commit } from "../ledger/commit";
import { STACK, type StateRecord } from "../ports";
import { UNDER_WAY_MILLISECONDS } from "../timing";
import type { Freed } from "./freed";
import { byPriority } from "./queue";
import { leaveEmpty, moveBack } from "./rotation";
import { SlotCheck } from "./slot-check";

export type NextJobDependencies = Pick<Dependencies, "ledger" | "bus" | "clock">;

export type NextJob = { readonly kind: "dispatched"; readonly jobId: number } | { readonly kind: "nobody" };

/** Of one queue: enough to pass by those whose event is under way. At EC2 they also wait for their reservations. */
const LOOK_AT = { slot: 25, launch: 400 } as const;
/** Projects that have waited longest; the rest is the next pass's. */
const MAX_PROJECTS = 50;
/** Runners that end together ask for the same project: after so many tries it is not put behind the others. */
const MAX_TRIES = 2;
/** Projects that cannot be read: after so many the ledger does not answer at all. */
const MAX_FAILURES = 3;

/** No event for it is under way, and EC2 has not just refused it. */
const isAsleep = (attempt: OrderedAttempt, now: Time): boolean =>
  now - (attempt.dispatchedAt ?? Number.NEGATIVE_INFINITY) > UNDER_WAY_MILLISECONDS &&
  isLaunchDue(attempt, now);

const dispatch = async (dependencies: NextJobDependencies, waiting: OrderedAttempt): Promise<boolean> => {
  const dispatched = touch(waiting, { dispatchedAt: dependencies.clock.now() });
  if (!(await commit(dependencies.ledger, [{ put: dispatched }]))) return false;
  await dependencies.bus.put([pendingEvent(waiting.order, waiting.attempt)]);
  return true;
};

/** One search for who is next. */
class Search {
  readonly #slots: SlotCheck;

  constructor(
    private readonly dependencies: NextJobDependencies,
    private readonly freed: Freed,
  ) {
    this.#slots = new SlotCheck(dependencies.ledger);
  }

  #isWanted({ classKey, waitingFor }: QueueKind): boolean {
    if (this.freed.kind === "launch")
      return waitingFor === "launch-rate" && providerInKey(classKey) === (this.freed.provider ?? "EC2");
    return waitingFor === "slot" && !this.#slots.isFull(classKey);
  }

  /** Under the limits there is nobody to dispatch, whoever it is. */
  isOver(): boolean {
    return this.freed.kind === "slot" && this.#slots.isFull(STACK);
  }

  async #withSlot(asleep: readonly OrderedAttempt[]): Promise<readonly OrderedAttempt[]> {
    if (this.freed.kind === "launch") return asleep;
    // All of one queue have the same class and project, so one check does for all of it.
    const checks = new Map<string, Promise<boolean>>();
    const has = asleep.map((attempt) => {
      const check = checks.get(attempt.classKey) ?? this.#slots.hasSlotFor(attempt.order);
      checks.set(attempt.classKey, check);
      return check;
    });
    const isFree = await Promise.all(has);
    return asleep.filter((_, index) => isFree[index]);
  }

  /** Who of a project may be dispatched, first to last, and whether others of it only lack a slot. */
  async candidates(project: QueuedProject) {
    const { ledger, clock } = this.dependencies;
    const wanted = project.queues.filter((kind) => this.#isWanted(kind));
    const queues = await Promise.all(
      wanted.map((kind) => ledger.waiting(queueName(project.projectId, kind), LOOK_AT[this.freed.kind])),
    );
    const asleep = queues.flat().filter((attempt) => isAsleep(attempt, clock.now()));
    const withSlot = await this.#withSlot(asleep);
    return { jobs: [...withSlot].sort(byPriority), lacksSlot: withSlot.length < asleep.length };
  }
}

/** The projects that wait, whoever has waited longest first. */
class Rotation {
  readonly #tries = new Map<number, number>();
  readonly #records: StateRecord[];

  constructor(
    private readonly dependencies: NextJobDependencies,
    records: readonly StateRecord[],
  ) {
    this.#records = [...records];
  }

  /** A record is read only when it is the next one: most searches end at the first of fifty. */
  next(): QueuedProject | undefined {
    const record = this.#records.shift();
    return record && readQueuedProject(record);
  }

  /**
   * Puts the project behind the others before its job is dispatched. False: somebody else did, and it comes again where
   * it stands then. A project that waits alone stays where it is.
   */
  async take(project: QueuedProject): Promise<boolean> {
    const { ledger, clock } = this.dependencies;
    const tries = this.#tries.get(project.projectId) ?? 0;
    if (this.#records.length === 0 || tries >= MAX_TRIES) return true;
    if (await moveBack(ledger, project, clock.now())) return true;
    this.#tries.set(project.projectId, tries + 1);
    const fresh = await ledger.stateRecord(queuesRecordName(project.projectId));
    if (fresh?.rotation === undefined) return false;
    const { rotation } = fresh;
    const later = this.#records.findIndex((other) => (other.rotation ?? 0) > rotation);
    this.#records.splice(later < 0 ? this.#records.length : later, 0, fresh);
    return false;
  }
}

/** Who has nobody to dispatch goes behind the others when it only lacks check, and is forgotten when it is empty. */
const passBy = async (
  { ledger, clock }: NextJobDependencies,
  project: QueuedProject,
  lacksSlot: boolean,
): Promise<void> => {
  if (lacksSlot) await moveBack(ledger, project, clock.now());
  else await leaveEmpty(ledger, project, clock.now());
};

/**
 * The next attempt of a job whose runner ended without it, now and not at the next pass. A hint like any `pending`: the
 * look-up asks GitLab whether the job still waits.
 */
const retryFailed = async ({ ledger, bus }: NextJobDependencies, jobId: number): Promise<void> => {
  const last = (await ledger.attempts(jobId)).at(-1);
  if (last?.state !== "FAILED" || !isOrdered(last)) return;
  await bus.put([pendingEvent(last.order, last.attempt + 1)]);
};

/** Who is dispatched of a project, first to last; nobody where none waits or where another project goes first. */
const nextOf = async (
  dependencies: NextJobDependencies,
  search: Search,
  rotation: Rotation,
  project: QueuedProject,
): Promise<readonly OrderedAttempt[]> => {
  const { jobs, lacksSlot } = await search.candidates(project);
  if (search.isOver()) return [];
  if (jobs.length > 0) return (await rotation.take(project)) ? jobs : [];
  await passBy(dependencies, project, lacksSlot);
  return [];
};

/**
 * A project that cannot be read keeps no other waiting (I-24).
 *
 * @throws what reading a project threw, where nobody else is dispatched: the workflow tries again
 */
const dispatchNext = async (dependencies: NextJobDependencies, freed: Freed): Promise<NextJob> => {
  const rotation = new Rotation(dependencies, await dependencies.ledger.rotation(MAX_PROJECTS));
  const search = new Search(dependencies, freed);
  const failures: unknown[] = [];
  const fail = (error: unknown): readonly OrderedAttempt[] => {
    failures.push(error);
    return [];
  };
  for (let project = rotation.next(); project !== undefined; project = rotation.next()) {
    const jobs = await nextOf(dependencies, search, rotation, project).catch(fail);
    if (search.isOver()) return { kind: "nobody" };
    if (failures.length >= MAX_FAILURES) break;
    for (const waiting of jobs)
      if (await dispatch(dependencies, waiting)) return { kind: "dispatched", jobId: waiting.jobId };
  }
  if (failures.length > 0) throw failures[0];
  return { kind: "nobody" };
};

/**
 * Puts the event of a job on the bus that waits for what became free, or of two where there is room for both: of the
 * project that has waited longest, the job of the class that goes first, and of those the one that became pending first.
 * So the projects are served round robin, and ten thousand jobs of one project delay another by one job at a time.
 */
export const startNextJob = async (dependencies: NextJobDependencies, freed: Freed): Promise<NextJob> => {
  if (freed.kind === "slot" && freed.failedJobId !== undefined) {
    await retryFailed(dependencies, freed.failedJobId);
  }
  const first = await dispatchNext(dependencies, freed);
  const isForTwo = freed.kind === "launch" && freed.two === true;
  if (isForTwo && first.kind === "dispatched") await dispatchNext(dependencies, freed);
  return first;
};
