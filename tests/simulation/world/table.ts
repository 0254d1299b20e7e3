import {
  type LedgerChange,
  type Page,
  type ReservationWindow,
  SHARDS,
  type SlotCounters,
  type StateRecord,
} from "../../../AutoScaler/src/ports";
import { reservationRows } from "../../../AutoScaler/src/testing/fakes/reservation-rows";
import { indexAfter, insertSorted, removeSorted } from "../../../AutoScaler/src/testing/fakes/sorted";
import { usageCounts } from "../../../AutoScaler/src/testing/fakes/usage-counts";
import { defined } from "../../../Core/defined";
import { queueOf } from "../../../Core/ledger/queues";
import type { BootstrapRow } from "../../../Core/model/bootstrap-row";
import {
  ATTEMPT_STATES,
  type Attempt,
  isOrdered,
  isQueued,
  type LedgerItem,
  ORPHAN_STATES,
  type OrderedAttempt,
  type OrphanInstance,
  RUNNER_STATES,
  type Runner,
  type Time,
} from "../../../Core/model/ledger";

const pad = (number: number): string => String(number).padStart(16, "0");
/** Sorts like the shipped index: by job, then by attempt. */
const attemptKey = (item: Attempt): number => item.jobId * 100 + item.attempt;
const waitingKey = (item: OrderedAttempt): string =>
  `${pad(item.order.queuedAt)}#${pad(item.jobId)}#${item.attempt}`;

const rotationKeyOf = ({ rotation = 0, name }: StateRecord): string => `${pad(rotation)}#${name}`;

/** A write that an index does not show yet. */
type Lagging =
  | { readonly at: Time; readonly item: LedgerItem }
  | { readonly at: Time; readonly record: StateRecord; readonly before: StateRecord | undefined };

const isOpenAttempt = (item: Attempt): boolean =>
  item.state !== "ENDED" && item.state !== "FAILED" && !isQueued(item);
const isOpenRunner = (item: Runner): boolean => item.state !== "GONE" || item.recordDeletedAt === undefined;

interface Sorted<Key, Of> {
  readonly keys: Key[];
  readonly items: Map<Key, Of>;
}

const sorted = <Key, Of>(): Sorted<Key, Of> => ({ keys: [], items: new Map() });

const set = <Key extends string | number, Of>(
  index: Sorted<Key, Of>,
  key: Key,
  item: Of,
  isIn: boolean,
): void => {
  if (isIn) {
    if (!index.items.has(key)) insertSorted(index.keys, key);
    index.items.set(key, item);
  } else if (index.items.delete(key)) removeSorted(index.keys, key);
};

const PAGE = 500;

const page = <Key extends string | number, Of>(
  { keys, items }: Sorted<Key, Of>,
  cursor: string | undefined,
): Page<Of> => {
  const last = (typeof keys[0] === "number" ? Number(cursor) : cursor) as Key;
  const from = cursor === undefined ? 0 : indexAfter(keys, last);
  const shown = keys.slice(from, from + PAGE);
  const found = shown.map((key) => items.get(key) as Of);
  return from + PAGE < keys.length ? { items: found, next: String(shown.at(-1)) } : { items: found };
};

const STATES = { attempt: ATTEMPT_STATES, runner: RUNNER_STATES, orphan: ORPHAN_STATES } as const;

/** Receives what a write violates. */
export type Complain = (what: string) => void;

/**
 * DynamoDB's tables: a transaction checks all conditions before it writes; indexes follow later.
 *
 * Unlike the fake ledger of the rules' tests, indexes lag in virtual time, every write is checked for the order of
 * states, and items are not copied, for a hundred thousand jobs. Both pass one contract (contracts.test.ts).
 */
export class Table {
  readonly #minutes = new Map<string, number>();
  readonly attempts = new Map<number, Attempt[]>();
  readonly runners = new Map<number, Runner>();
  readonly orphans = new Map<string, OrphanInstance>();
  readonly stateRecords = new Map<string, StateRecord>();
  readonly #lists = new Map<string, Map<string, StateRecord>>();
  readonly rows = new Map<string, BootstrapRow>();
  readonly counters = new Map<string, number[]>();
  readonly slotLimits = new Map<string, number>();
  readonly usage = usageCounts();
  writes = 0;
  /** Milliseconds by which an index may lag. */
  indexLag = 800;
  readonly #window = reservationRows();
  readonly #open = {
    attempts: sorted<number, Attempt>(),
    runners: sorted<number, Runner>(),
    orphans: sorted<string, OrphanInstance>(),
  };
  readonly #waiting = new Map<string, Sorted<string, OrderedAttempt>>();
  /** Queued attempts, as the index has them. */
  readonly #queued = new Map<number, OrderedAttempt>();
  readonly #byResource = new Map<string, number>();
  readonly #rotation = sorted<string, StateRecord>();
  readonly #lagging: Lagging[] = [];
  #lagStart = 0;

  constructor(
    readonly now: () => Time,
    readonly complain: Complain,
  ) {}

  slots(scope: string): number[] {
    return this.counters.get(scope) ?? Array<number>(SHARDS).fill(0);
  }

  slotCounters(scope: string): SlotCounters {
    return { taken: this.slots(scope), ...defined({ limit: this.slotLimits.get(scope) }) };
  }

  counted(row: string, minute: number): number {
    return this.#minutes.get(`${row}@${minute}`) ?? 0;
  }

  count(row: string, minute: number): number {
    const count = this.counted(row, minute) + 1;
    this.#minutes.set(`${row}@${minute}`, count);
    return count;
  }

  taken(scope: string): number {
    return this.slots(scope).reduce((sum, count) => sum + count, 0);
  }

  stored(item: LedgerItem): LedgerItem | undefined {
    if (item.kind === "orphan") return this.orphans.get(item.resourceId);
    return item.kind === "runner"
      ? this.runners.get(item.runnerId)
      : this.attempts.get(item.jobId)?.find(({ attempt }) => attempt === item.attempt);
  }

  #holds(change: LedgerChange): boolean {
    if ("put" in change) return (this.stored(change.put)?.version ?? 0) === change.put.version - 1;
    if ("check" in change) return this.stored(change.check)?.version === change.check.version;
    if ("stateRecord" in change)
      return (
        (this.stateRecords.get(change.stateRecord.name)?.version ?? 0) === change.stateRecord.version - 1
      );
    if ("take" in change) {
      return (this.slots(change.take.scope)[change.take.shard] ?? 0) < change.take.limit;
    }
    return true;
  }

  /** I-7: no state goes back, except a claim that GitLab asks to wait, and FAILED when the job rotation out to run. */
  #checkOrder(before: LedgerItem | undefined, next: LedgerItem): void {
    if (before === undefined || before.state === next.state) return;
    const states: readonly string[] = STATES[next.kind];
    const isLateTruth = before.state === "FAILED" && ["RUNNING", "ENDED"].includes(next.state);
    const isForward = states.indexOf(next.state) > states.indexOf(before.state);
    const isAskedToWait =
      before.state === "CLAIMED" && next.state === "WAITING" && next.waitingFor === "gitlab";
    const isFailedAfterRunning = before.state === "RUNNING" && next.state === "FAILED";
    if ((!isForward && !isLateTruth && !isAskedToWait) || isFailedAfterRunning) {
      this.complain(`I-7: ${next.kind} went from ${before.state} to ${next.state}`);
    }
  }

  #putItem(item: LedgerItem): void {
    this.#checkOrder(this.stored(item), item);
    if (item.kind === "orphan") this.orphans.set(item.resourceId, item);
    else if (item.kind === "runner") this.runners.set(item.runnerId, item);
    else this.#putAttempt(item);
    this.#lagging.push({ at: this.now(), item });
  }

  #putAttempt(item: Attempt): void {
    const attempts = [...(this.attempts.get(item.jobId) ?? [])];
    const place = attempts.findIndex(({ attempt }) => attempt >= item.attempt);
    const isThere = attempts[place]?.attempt === item.attempt;
    attempts.splice(place < 0 ? attempts.length : place, isThere ? 1 : 0, item);
    this.attempts.set(item.jobId, attempts);
  }

  #add(scope: string, shard: number, difference: number): void {
    const counts = [...this.slots(scope)];
    counts[shard] = (counts[shard] ?? 0) + difference;
    if ((counts[shard] ?? 0) < 0) this.complain(`I-22: the counter of ${scope} went below zero`);
    this.counters.set(scope, counts);
  }

  commit(changes: readonly LedgerChange[]): boolean {
    if (changes.length === 0 || changes.length > 100) throw new Error(`${changes.length} changes`);
    if (!changes.every((change) => this.#holds(change))) return false;
    this.writes += 1;
    for (const change of changes) {
      if ("put" in change) this.#putItem(change.put);
      else if ("stateRecord" in change) this.#putRecord(change.stateRecord);
      else if ("bootstrap" in change) this.rows.set(change.bootstrap.key, change.bootstrap);
      else if ("count" in change) this.usage.add(change.count);
      else if ("slotLimit" in change) this.slotLimits.set(change.slotLimit.scope, change.slotLimit.limit);
      else if ("take" in change) this.#add(change.take.scope, change.take.shard, 1);
      else if ("releaseSlot" in change) this.#add(change.releaseSlot.scope, change.releaseSlot.shard, -1);
    }
    return true;
  }

  reserve(row: string, window: ReservationWindow): Time | undefined {
    const moment = this.#window.next(row, window);
    if (moment !== undefined) this.writes += 1;
    return moment;
  }

  #putRecord(record: StateRecord): void {
    const before = this.stateRecords.get(record.name);
    if (before?.list !== undefined) this.#lists.get(before.list)?.delete(record.name);
    if (record.list !== undefined) this.#list(record.list).set(record.name, record);
    this.stateRecords.set(record.name, record);
    if (record.rotation !== undefined || before?.rotation !== undefined)
      this.#lagging.push({ at: this.now(), record, before });
  }

  #list(name: string): Map<string, StateRecord> {
    const list = this.#lists.get(name) ?? new Map<string, StateRecord>();
    this.#lists.set(name, list);
    return list;
  }

  /** Without a lag: what reads a list remembers it for longer than an index lags. */
  listed(list: string): readonly StateRecord[] {
    return [...this.#list(list).values()];
  }

  #indexRecord(record: StateRecord, before: StateRecord | undefined): void {
    if (before !== undefined) set(this.#rotation, rotationKeyOf(before), before, false);
    set(this.#rotation, rotationKeyOf(record), record, record.rotation !== undefined);
  }

  #indexItem(item: LedgerItem): void {
    if (item.kind === "orphan") {
      set(this.#open.orphans, item.resourceId, item, item.state !== "GONE");
      return;
    }
    if (item.kind === "runner") {
      set(this.#open.runners, item.runnerId, item, isOpenRunner(item));
      if (item.resourceId !== undefined) this.#byResource.set(item.resourceId, item.runnerId);
      return;
    }
    const key = attemptKey(item);
    set(this.#open.attempts, key, item, isOpenAttempt(item));
    const before = this.#queued.get(key);
    if (before !== undefined) set(this.#queue(queueOf(before)), waitingKey(before), before, false);
    if (isQueued(item) && isOrdered(item)) {
      set(this.#queue(queueOf(item)), waitingKey(item), item, true);
      this.#queued.set(key, item);
    } else if (before !== undefined) this.#queued.delete(key);
  }

  #queue(name: string): Sorted<string, OrderedAttempt> {
    const queue = this.#waiting.get(name) ?? sorted<string, OrderedAttempt>();
    this.#waiting.set(name, queue);
    return queue;
  }

  /** Applies to the indexes what was written before the lag. */
  #replicate(lag: number): void {
    const until = this.now() - lag;
    let index = this.#lagStart;
    for (; index < this.#lagging.length; index += 1) {
      const entry = this.#lagging[index] as Lagging;
      if (entry.at > until) break;
      if ("item" in entry) this.#indexItem(entry.item);
      else this.#indexRecord(entry.record, entry.before);
    }
    this.#lagStart = index;
    if (this.#lagStart > 10_000) {
      this.#lagging.splice(0, this.#lagStart);
      this.#lagStart = 0;
    }
  }

  waiting(queue: string, limit: number, lag = this.indexLag): readonly OrderedAttempt[] {
    this.#replicate(lag);
    const { keys, items } = this.#queue(queue);
    return keys.slice(0, limit).map((key) => items.get(key) as OrderedAttempt);
  }

  rotation(limit: number, lag = this.indexLag): readonly StateRecord[] {
    this.#replicate(lag);
    const { keys, items } = this.#rotation;
    return keys.slice(0, limit).map((key) => items.get(key) as StateRecord);
  }

  openAttempts(cursor?: string, lag = this.indexLag): Page<Attempt> {
    this.#replicate(lag);
    return page(this.#open.attempts, cursor);
  }

  openRunners(cursor?: string, lag = this.indexLag): Page<Runner> {
    this.#replicate(lag);
    return page(this.#open.runners, cursor);
  }

  openOrphans(cursor?: string, lag = this.indexLag): Page<OrphanInstance> {
    this.#replicate(lag);
    return page(this.#open.orphans, cursor);
  }

  byResource(resourceId: string, lag = this.indexLag): Runner | OrphanInstance | undefined {
    this.#replicate(lag);
    const runnerId = this.#byResource.get(resourceId);
    if (runnerId !== undefined) return this.runners.get(runnerId);
    return this.#open.orphans.items.has(resourceId) ? this.orphans.get(resourceId) : undefined;
  }

  /** True also when the row was moved before. */
  move(fromKey: string, toKey: string): boolean {
    const row = this.rows.get(fromKey);
    if (row === undefined) return this.rows.has(toKey);
    this.rows.delete(fromKey);
    this.rows.set(toKey, { ...row, key: toKey });
    return true;
  }

  /** Reads and removes a row, as a runner does with one conditional delete. */
  take(key: string): BootstrapRow | undefined {
    const row = this.rows.get(key);
    this.rows.delete(key);
    return row === undefined || row.ttl < Math.floor(this.now() / 1000) ? undefined : row;
  }
}
