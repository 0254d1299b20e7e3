import {
  type Attempt,
  isOrdered,
  isQueued,
  type LedgerItem,
  type OrphanInstance,
  type Runner,
  type Time,
} from "../model/ledger";
import { dayOf } from "../usage/days";
import { queueOf } from "./queues";
import type { StateRecord } from "./reader";

/** Item keys of the ledger table and of its two sparse indexes, `open` and `resource`. */
export const OPEN_INDEX = "open";
export const RESOURCE_INDEX = "resource";

/** Counters of taken slots: index is the shard, value how many are taken. `STACK` counts all classes. */
export const STACK = "stack";
export const SHARDS = 16;
/** The scope of the counters of all Lambda classes together. */
export const LAMBDA = "lambda";

/** Digits of a whole number below 2^53. Padded to these, numbers sort as text. */
const DIGITS = 16;
const QUEUED_AT_DIGITS = 15;
const padded = (value: number, digits: number): string => String(Math.trunc(value)).padStart(digits, "0");

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export const attemptKey = (jobId: number, attempt: number): Key => ({
  pk: `job#${jobId}`,
  sk: `attempt#${padded(attempt, 2)}`,
});
export const runnerKey = (runnerId: number): Key => ({ pk: `runner#${runnerId}`, sk: "runner" });
/** Sort key of all state records. */
export const STATE_RECORD = "stateRecord";
export const recordKey = (name: string): Key => ({ pk: `state#${name}`, sk: STATE_RECORD });
/** The scope of a project's counters. */
export const projectScope = (projectId: number): string => `project#${projectId}`;
export const slotsPk = (scope: string): string => `slots#${scope}`;
export const slotKey = (scope: string, shard: number): Key => ({
  pk: slotsPk(scope),
  sk: `shard#${padded(shard, 2)}`,
});
/** Beside the counters, so that one read gets both. The stack has one: what the account leaves to Lambda runners. */
export const slotLimitKey = (scope: string): Key => ({ pk: slotsPk(scope), sk: "limit" });
export const reservationKey = (row: string): Key => ({ pk: `reservations#${row}`, sk: "window" });
/** Key of a counter for one minute; `sk` is the minute since 1970. */
export const minuteKey = (row: string, minute: number): Key => ({ pk: `minute#${row}`, sk: String(minute) });
export const orphanKey = (instanceId: string): Key => ({ pk: `orphan#${instanceId}`, sk: "orphan" });
/** Of the notes of shells that operators opened for a job; apart from the job, whose items every start reads. */
export const shellsPk = (jobId: number): string => `shell#${jobId}`;
export const itemKey = (item: LedgerItem): Key => {
  if (item.kind === "orphan") return orphanKey(item.resourceId);
  return item.kind === "attempt" ? attemptKey(item.jobId, item.attempt) : runnerKey(item.runnerId);
};

/** Of a project's queue (see queues.ts). */
export const waitingPk = (queue: string): string => `waiting#${queue}`;
/** Projects that have queues, whoever has waited longest first. */
export const ROTATION = "rotation";
/** Of a list of state records. */
export const listPk = (list: string): string => `list#${list}`;
/** Of the few instances that the ledger did not know; one key is enough. */
export const OPEN_ORPHANS = "orphans";

/** Kinds of open items that each start writes several times. */
export type OpenKind = "attempts" | "runners";

/**
 * Each kind has several keys, taken in turn by the ids. DynamoDB takes a thousand writes a second for one key, and what
 * an index cannot take it makes the table refuse.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-gsi-sharding.html
 */
const OPEN_SHARDS = 8;
const openShard = (kind: OpenKind, shard: number): string => `${kind}#${shard}`;

/** All keys of a kind. Items that an earlier version stored are under its name alone. */
export const openPks = (kind: OpenKind): readonly string[] => [
  kind,
  ...Array.from({ length: OPEN_SHARDS }, (_, shard) => openShard(kind, shard)),
];

const openPk = (kind: OpenKind, id: number): string => openShard(kind, id % OPEN_SHARDS);

export interface OpenKey {
  readonly openPk: string;
  readonly openSk: string;
}

/** Those that failed on a day (UTC, `yyyy-mm-dd`): people look for them, and no rule does. */
const FAILED_PREFIX = "failed#";
const failedPk = (day: string, shard: number): string => `${FAILED_PREFIX}${day}#${shard}`;

/** All keys of the attempts that failed on a day. */
export const failedPks = (day: string): readonly string[] =>
  Array.from({ length: OPEN_SHARDS }, (_, shard) => failedPk(day, shard));

/** Of runners that are gone and whose MicroVM is kept: people look for them too. */
export const KEPT = "kept";

/** Whether a key of the index is of items that nothing is to be done for any more. */
export const isForPeople = (openPk: string): boolean => openPk === KEPT || openPk.startsWith(FAILED_PREFIX);

const failedKey = ({ jobId, times: { FAILED = 0 } }: Attempt, ofJob: string): OpenKey => ({
  openPk: failedPk(dayOf(FAILED), jobId % OPEN_SHARDS),
  openSk: `${padded(FAILED, QUEUED_AT_DIGITS)}#${ofJob}`,
});

const openAttemptKey = (item: Attempt): OpenKey | undefined => {
  const ofJob = `${padded(item.jobId, DIGITS)}#${item.attempt}`;
  if (isQueued(item) && isOrdered(item)) {
    return {
      openPk: waitingPk(queueOf(item)),
      openSk: `${padded(item.order.queuedAt, QUEUED_AT_DIGITS)}#${ofJob}`,
    };
  }
  if (item.state === "FAILED") return failedKey(item, ofJob);
  return item.state === "ENDED" ? undefined : { openPk: openPk("attempts", item.jobId), openSk: ofJob };
};

/** The place in `KEPT` of what is kept until a time; without an id before all that are kept until then. */
export const keptSk = (until: Time, runnerId = 0): string =>
  `${padded(until, QUEUED_AT_DIGITS)}#${padded(runnerId, DIGITS)}`;

/** A runner stays open until it is gone and its record in GitLab is deleted. */
const openRunnerKey = ({ state, recordDeletedAt, keptUntil, runnerId }: Runner): OpenKey | undefined => {
  if (state !== "GONE" || recordDeletedAt === undefined)
    return { openPk: openPk("runners", runnerId), openSk: padded(runnerId, DIGITS) };
  return keptUntil === undefined ? undefined : { openPk: KEPT, openSk: keptSk(keptUntil, runnerId) };
};

const openOrphanKey = ({ state, resourceId }: OrphanInstance): OpenKey | undefined =>
  state === "GONE" ? undefined : { openPk: OPEN_ORPHANS, openSk: resourceId };

/** The place of a state record among the projects that wait, or in a list; undefined: it has none. */
export const recordIndexKey = ({
  name,
  rotation,
  list,
}: Pick<StateRecord, "name" | "rotation" | "list">): OpenKey | undefined => {
  if (list !== undefined) return { openPk: listPk(list), openSk: name };
  return rotation === undefined
    ? undefined
    : { openPk: ROTATION, openSk: `${padded(rotation, QUEUED_AT_DIGITS)}#${name}` };
};

/** The item's key in the index of open items. Undefined: the item is not in the index. */
export const openKey = (item: LedgerItem): OpenKey | undefined => {
  if (item.kind === "orphan") return openOrphanKey(item);
  return item.kind === "attempt" ? openAttemptKey(item) : openRunnerKey(item);
};
