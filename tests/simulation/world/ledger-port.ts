import type { Ledger, LedgerChange, Page, ReservationWindow } from "../../../AutoScaler/src/ports";
import { TransientError } from "../../../Core/errors";
import { OPEN_ORPHANS, openPks, ROTATION, slotsPk, waitingPk } from "../../../Core/ledger/keys";
import type { LedgerItem } from "../../../Core/model/ledger";
import { usageKey } from "../../../Core/usage/usage-key";
import type { Calls, Process } from "./calls";
import type { LedgerThroughput } from "./limits/ledger-throughput";
import type { Random } from "./random";
import { withSdkTries } from "./sdk-tries";
import type { Table } from "./table";
import type { Timeline } from "./timeline";

/** Tries of the shipped adapter when a transaction conflicts with another one or is throttled. */
const TRIES = 8;
const FIRST_PAUSE = 25;
const LONGEST_PAUSE = 800;
/** Sixteen shards, read with strong consistency. */
const ONE_UNIT = (): number => 16;
const lengthOf = (items: readonly unknown[]): number => items.length;
const pageLength = ({ items }: Page<unknown>): number => items.length;
/** Milliseconds for which a transaction locks its items. */
const HOLDS_FOR = 6;

/** Negative for attempts, positive for runners, the instance id for orphans. */
const itemKeyOf = (item: LedgerItem): string | number => {
  if (item.kind === "orphan") return item.resourceId;
  return item.kind === "runner" ? item.runnerId : -(item.jobId * 100 + item.attempt);
};

/** The key of what a change is of. */
const keyOf = (change: LedgerChange): string | number => {
  if ("put" in change) return itemKeyOf(change.put);
  if ("take" in change) return `slots#${change.take.scope}#${change.take.shard}`;
  if ("releaseSlot" in change) return `slots#${change.releaseSlot.scope}#${change.releaseSlot.shard}`;
  if ("slotLimit" in change) return `slots#${change.slotLimit.scope}#limit`;
  if ("count" in change) return Object.values(usageKey(change.count.key)).join("/");
  if ("stateRecord" in change) return `state#${change.stateRecord.name}`;
  if ("bootstrap" in change) return `row#${change.bootstrap.key}`;
  return itemKeyOf(change.check);
};

/** DynamoDB cancels a transaction that conflicts with another one on an item. */
export class Conflicts {
  #held = new Map<string | number, number>();

  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
  ) {}

  meets(changes: readonly LedgerChange[]): boolean {
    const { now } = this.timeline;
    const keys = changes.map(keyOf);
    if (keys.some((key) => (this.#held.get(key) ?? 0) > now)) return true;
    if (this.#held.size > 5_000) this.#held = new Map([...this.#held].filter(([, until]) => until > now));
    for (const key of keys) this.#held.set(key, now + this.random.between(0, HOLDS_FOR));
    return false;
  }
}

/** The ledger as one process sees it. */
export class LedgerPort implements Ledger {
  constructor(
    readonly process: Process,
    readonly calls: Calls,
    readonly table: Table,
    readonly random: Random,
    readonly conflicts: Conflicts,
    readonly throughput: LedgerThroughput,
  ) {}

  #lag(): number {
    return this.random.between(0, this.table.indexLag);
  }

  attempts(jobId: number) {
    return this.calls.make(this.process, "ledger.attempts", () => this.table.attempts.get(jobId) ?? []);
  }

  runner(runnerId: number) {
    return this.calls.make(this.process, "ledger.runner", () => this.table.runners.get(runnerId));
  }

  orphan(instanceId: string) {
    return this.calls.make(this.process, "ledger.orphan", () => this.table.orphans.get(instanceId));
  }

  byResource(resourceId: string) {
    const read = () => this.table.byResource(resourceId, this.#lag());
    return this.calls.make(this.process, "ledger.byResource", read);
  }

  /** A read of so many items, spread over the keys; the SDK tries a throttled one again. */
  async #read<Answer>(
    name: string,
    keys: readonly string[],
    read: () => Answer,
    items: (answer: Answer) => number,
  ): Promise<Answer> {
    const effect = () => {
      const answer = read();
      const ofEach = items(answer) / keys.length;
      const isRead = keys.every((key) => this.throughput.mayRead(key, ofEach, this.table.now()));
      return isRead ? { answer } : undefined;
    };
    return withSdkTries(this.calls, this.random, this.process, {
      name,
      effect,
      refusal: () => new TransientError(`${name} was throttled`),
      firstPause: FIRST_PAUSE,
    });
  }

  slots(scope: string) {
    return this.#read("ledger.slots", [slotsPk(scope)], () => this.table.slotCounters(scope), ONE_UNIT);
  }

  stateRecord(name: string) {
    return this.calls.make(this.process, "ledger.note", () => this.table.stateRecords.get(name));
  }

  reserve(row: string, window: ReservationWindow) {
    return this.calls.make(this.process, "ledger.reserve", () => this.table.reserve(row, window));
  }

  waiting(queue: string, limit: number) {
    const read = () => this.table.waiting(queue, limit, this.#lag());
    return this.#read("ledger.waiting", [waitingPk(queue)], read, lengthOf);
  }

  rotation(limit: number) {
    const read = () => this.table.rotation(limit, this.#lag());
    return this.#read("ledger.rotation", [ROTATION], read, lengthOf);
  }

  listed(list: string) {
    return this.calls.make(this.process, "ledger.listed", () => this.table.listed(list));
  }

  openAttempts(cursor?: string) {
    const read = () => this.table.openAttempts(cursor, this.#lag());
    return this.#read("ledger.openAttempts", openPks("attempts"), read, pageLength);
  }

  openRunners(cursor?: string) {
    const read = () => this.table.openRunners(cursor, this.#lag());
    return this.#read("ledger.openRunners", openPks("runners"), read, pageLength);
  }

  openOrphans(cursor?: string) {
    const read = () => this.table.openOrphans(cursor, this.#lag());
    return this.#read("ledger.openOrphans", [OPEN_ORPHANS], read, pageLength);
  }

  /** Notes for whom the process gives up: a report does not name its job. */
  #write(changes: readonly LedgerChange[]): boolean {
    const isDone = this.table.commit(changes);
    for (const change of isDone ? changes : []) {
      if ("put" in change && change.put.kind === "attempt" && change.put.state === "FAILED")
        this.process.gaveUp.add(change.put.jobId);
    }
    return isDone;
  }

  async commit(changes: readonly LedgerChange[]): Promise<boolean> {
    const mayWrite = () =>
      !this.conflicts.meets(changes) &&
      this.throughput.mayWrite(changes, (item) => this.table.stored(item), this.table.now());
    const write = () => (mayWrite() ? this.#write(changes) : undefined);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const outcome = await this.calls.make(this.process, "ledger.commit", write);
      if (outcome !== undefined) return outcome;
      const bound = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries);
      await this.calls.sleep(this.process, this.random.between(0, bound));
    }
    throw new TransientError(`The transaction conflicted or was throttled ${TRIES} times`);
  }
}
