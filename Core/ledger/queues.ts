import { defined } from "../defined";
import type { OrderedAttempt, Time } from "../model/ledger";
import { codeOf, WAITING_FOR_CODES, type WaitingFor } from "../model/reasons";
import type { LedgerReader, StateRecord } from "./reader";

/**
 * Where waiting attempts stand. Each project has its own queues, one for each class and thing waited for, and one small
 * record that names them. The record's place in the `rotation` is the time of the project's last dispatch, or of
 * its first job's joining. So the project that has waited longest is read first, however many jobs another one has.
 */
export interface QueueKind {
  /** E.g. `EC2#default`. */
  readonly classKey: string;
  readonly waitingFor: WaitingFor;
}

/** A project that has queues, as its record says. */
export interface QueuedProject {
  readonly projectId: number;
  readonly version: number;
  /** Its place in the rotation; undefined: it has left it. */
  readonly rotation: Time | undefined;
  readonly queues: readonly QueueKind[];
  /** When a job last joined one of them, to some seconds. */
  readonly joinedAt: Time;
}

/** What an attempt without a word on it waits for. */
const waitsFor = ({ waitingFor = "slot" }: Pick<OrderedAttempt, "waitingFor">): WaitingFor => waitingFor;

const kindText = ({ classKey, waitingFor }: QueueKind): string => `${classKey}#${waitingFor}`;

/** The name of a project's queue. @example "42#EC2#default#slot" */
export const queueName = (projectId: number, kind: QueueKind): string => `${projectId}#${kindText(kind)}`;

/** The queue that an attempt stands in, as long as it waits. */
export const queueOf = (attempt: Pick<OrderedAttempt, "order" | "classKey" | "waitingFor">): string =>
  queueName(attempt.order.projectId, { classKey: attempt.classKey, waitingFor: waitsFor(attempt) });

/** The kind of queue that an attempt stands in. */
export const queueKindOf = (attempt: Pick<OrderedAttempt, "classKey" | "waitingFor">): QueueKind => ({
  classKey: attempt.classKey,
  waitingFor: waitsFor(attempt),
});

const PREFIX = "queues-";

export const queuesRecordName = (projectId: number): string => `${PREFIX}${projectId}`;

const readKind = (text: unknown): QueueKind | undefined => {
  if (typeof text !== "string") return undefined;
  const end = text.lastIndexOf("#");
  const waitingFor = codeOf(WAITING_FOR_CODES, text.slice(end + 1));
  return waitingFor && { classKey: text.slice(0, end), waitingFor };
};

/** A loop for speed: each start reads the records of fifty projects. */
const readKinds = (texts: readonly unknown[]): readonly QueueKind[] => {
  const kinds: QueueKind[] = [];
  for (const text of texts) {
    const kind = readKind(text);
    if (kind !== undefined) kinds.push(kind);
  }
  return kinds;
};

const fieldsIn = (value: unknown): { readonly queues?: unknown; readonly joinedAt?: unknown } =>
  typeof value === "object" && value !== null ? value : {};

/** Reads a project's record; what cannot be read of it counts as not there. */
export const readQueuedProject = (record: StateRecord): QueuedProject => {
  const { queues, joinedAt } = fieldsIn(record.value);
  return {
    projectId: Number(record.name.slice(PREFIX.length)),
    version: record.version,
    rotation: record.rotation,
    queues: Array.isArray(queues) ? readKinds(queues) : [],
    joinedAt: typeof joinedAt === "number" ? joinedAt : 0,
  };
};

/** The record to store after `before`. */
export const queuesRecord = (before: QueuedProject, patch: Partial<QueuedProject>): StateRecord => {
  const { projectId, version, rotation, queues, joinedAt } = { ...before, ...patch };
  return {
    name: queuesRecordName(projectId),
    version: version + 1,
    value: { queues: queues.map(kindText).sort(), joinedAt },
    ...defined({ rotation }),
  };
};

/** A project without a record. */
export const unqueued = (projectId: number): QueuedProject => ({
  projectId,
  version: 0,
  rotation: undefined,
  queues: [],
  joinedAt: 0,
});

/** The projects that have queues, whoever has waited longest first. May lag. */
export const queuedProjects = async (
  ledger: Pick<LedgerReader, "rotation">,
  limit: number,
): Promise<readonly QueuedProject[]> => (await ledger.rotation(limit)).map(readQueuedProject);

/** A project's record as it is; consistent. */
export const queuedProject = async (
  ledger: Pick<LedgerReader, "stateRecord">,
  projectId: number,
): Promise<QueuedProject> => {
  const record = await ledger.stateRecord(queuesRecordName(projectId));
  return record === undefined ? unqueued(projectId) : readQueuedProject(record);
};

const READ_AT_ONCE = 50;

/** All that wait, in no particular order. May lag. */
export const allWaiting = async (
  ledger: Pick<LedgerReader, "waiting">,
  projects: readonly QueuedProject[],
  limit: number,
): Promise<readonly OrderedAttempt[]> => {
  const names = projects.flatMap(({ projectId, queues }) => queues.map((kind) => queueName(projectId, kind)));
  const found: OrderedAttempt[] = [];
  for (let start = 0; start < names.length; start += READ_AT_ONCE) {
    const portion = names.slice(start, start + READ_AT_ONCE);
    const read = await Promise.all(portion.map((name) => ledger.waiting(name, limit)));
    for (const attempts of read) for (const attempt of attempts) found.push(attempt);
  }
  return found;
};
