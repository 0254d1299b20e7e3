import type { LedgerChange } from "../../../../AutoScaler/src/ports";
import { openKey, recordIndexKey, recordKey, slotsPk } from "../../../../Core/ledger/keys";
import type { LedgerItem, Time } from "../../../../Core/model/ledger";
import type { AccountLimits } from "./account";
import { KeyThroughput } from "./key-throughput";

/** Units of an item below a kilobyte in a transaction, and in the index that follows it. */
const TRANSACTIONAL = 2;
const INDEXED = 1;
/** Items of half a kilobyte that one unit reads, with eventual consistency. */
const ITEMS_A_UNIT = 16;

interface Spent {
  readonly key: string;
  readonly units: number;
}

type Before = (item: LedgerItem) => LedgerItem | undefined;

/** The index writes of one item: one where its key stays, one each where it goes and comes. */
const indexed = (before: LedgerItem | undefined, item: LedgerItem): readonly Spent[] => {
  const keys = new Set([before && openKey(before)?.openPk, openKey(item)?.openPk]);
  return [...keys].flatMap((key) => (key === undefined ? [] : [{ key, units: INDEXED }]));
};

const rotated = (change: Extract<LedgerChange, { readonly stateRecord: unknown }>): readonly Spent[] => {
  const key = recordIndexKey(change.stateRecord)?.openPk;
  return key === undefined ? [] : [{ key, units: INDEXED }];
};

/**
 * The ledger's table and its index of open items under DynamoDB's limits. Items of one job or runner are written a few
 * times a minute at most, so their keys count for the table alone.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
export class LedgerThroughput {
  readonly writes: KeyThroughput;
  readonly indexWrites: KeyThroughput;
  readonly reads: KeyThroughput;

  constructor(limits: AccountLimits) {
    const { tableWritesPerSecond, tableReadsPerSecond, keyWritesPerSecond, keyReadsPerSecond } = limits;
    this.writes = new KeyThroughput(tableWritesPerSecond, keyWritesPerSecond);
    this.indexWrites = new KeyThroughput(tableWritesPerSecond, keyWritesPerSecond);
    this.reads = new KeyThroughput(tableReadsPerSecond, keyReadsPerSecond);
  }

  /** False: the transaction is cancelled, with ThrottlingError as the reason. */
  mayWrite(changes: readonly LedgerChange[], before: Before, now: Time): boolean {
    return changes.every((change) => this.#mayWrite(change, before, now));
  }

  #mayWrite(change: LedgerChange, before: Before, now: Time): boolean {
    if ("take" in change) return this.writes.take(slotsPk(change.take.scope), TRANSACTIONAL, now);
    if ("releaseSlot" in change)
      return this.writes.take(slotsPk(change.releaseSlot.scope), TRANSACTIONAL, now);
    if ("stateRecord" in change) {
      const isWritten = this.writes.take(recordKey(change.stateRecord.name).pk, TRANSACTIONAL, now);
      return isWritten && this.#mayIndex(rotated(change), now);
    }
    if (!this.writes.takeOfTable(TRANSACTIONAL, now)) return false;
    return !("put" in change) || this.#mayIndex(indexed(before(change.put), change.put), now);
  }

  #mayIndex(spent: readonly Spent[], now: Time): boolean {
    return spent.every(({ key, units }) => this.indexWrites.take(key, units, now));
  }

  /** False: the read of that many items is throttled. */
  mayRead(key: string, items: number, now: Time): boolean {
    return this.reads.take(key, Math.max(0.5, items / ITEMS_A_UNIT), now);
  }
}
