import {
  type QueuedProject,
  type QueueKind,
  queuedProject,
  queueKindOf,
  queueName,
  queuesRecord,
} from "../../../Core/ledger/queues";
import type { OrderedAttempt, Time } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import type { Ledger } from "../ports";

/** How often a record says that a job joined: a burst of one project's jobs writes it once, not each time. */
const JOINED_EVERY_MILLISECONDS = 30_000;
/** Longer than that and an index's lag together: by then whoever joined is to be seen in the queue. */
const EMPTY_FOR_MILLISECONDS = 120_000;
const TRIES = 5;

const has = (queues: readonly QueueKind[], kind: QueueKind): boolean =>
  queues.some(({ classKey, waitingFor }) => classKey === kind.classKey && waitingFor === kind.waitingFor);

/** A time from the future is another machine's clock (I-33). */
const isWithin = (time: Time, span: number, now: Time): boolean => now - time < span && time - now < span;

const joined = (project: QueuedProject, kind: QueueKind, now: Time): QueuedProject | undefined => {
  const isKnown = project.rotation !== undefined && has(project.queues, kind);
  if (isKnown && isWithin(project.joinedAt, JOINED_EVERY_MILLISECONDS, now)) return undefined;
  const queues = has(project.queues, kind) ? project.queues : [...project.queues, kind];
  return { ...project, rotation: project.rotation ?? now, queues, joinedAt: now };
};

/**
 * Makes the queue known in which an attempt is about to wait. Its project goes behind all that wait already.
 * One that fails leaves a queue that the next pass finds by GitLab's list of jobs.
 */
export const joinQueue = async (
  { ledger, clock }: Pick<Dependencies, "ledger" | "clock">,
  attempt: OrderedAttempt,
): Promise<void> => {
  const kind = queueKindOf(attempt);
  for (let round = 0; round < TRIES; round += 1) {
    const project = await queuedProject(ledger, attempt.order.projectId);
    const next = joined(project, kind, clock.now());
    if (next === undefined || (await ledger.commit([{ stateRecord: queuesRecord(project, next) }]))) return;
  }
};

/** Puts the project behind all others. False: somebody else did meanwhile, or a job joined. */
export const moveBack = (ledger: Ledger, project: QueuedProject, now: Time): Promise<boolean> =>
  ledger.commit([
    { stateRecord: queuesRecord(project, { rotation: Math.max(now, (project.rotation ?? 0) + 1) }) },
  ]);

/** Forgets queues that nobody has joined for a while and that are empty; a job that joins brings them back. */
export const leaveEmpty = async (ledger: Ledger, project: QueuedProject, now: Time): Promise<void> => {
  if (isWithin(project.joinedAt, EMPTY_FOR_MILLISECONDS, now)) return;
  const waiting = await Promise.all(
    project.queues.map((kind) => ledger.waiting(queueName(project.projectId, kind), 1)),
  );
  const queues = project.queues.filter((_, index) => (waiting[index] ?? []).length > 0);
  if (queues.length === project.queues.length && queues.length > 0) return;
  const rotation = queues.length === 0 ? undefined : project.rotation;
  await ledger.commit([{ stateRecord: queuesRecord(project, { queues, rotation }) }]);
};
