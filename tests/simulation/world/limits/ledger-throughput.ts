import type { LedgerChange } from "../../../../AutoScaler/src/ports";
import { openKey, recordIndexKey, recordKey, slotsPk } from "../../../../Core/ledger/keys";
import type { LedgerItem, Time } from "../../../../Core/model/ledger";
import { usageKey } from "../../../../Core/usage/usage-key";
import type { AccountQuotas } from "./account";
import { KeyThroughput } from "./key-throughput";

/** Units of an item below a kilobyte in a transaction, and in the index that follows it. */
const TRANSACTIONAL = 2;
const INDEXED = 1;
/** Items of half a kilobyte that one unit reads, with eventual consistency. */
const ITEMS_A_UNIT = 16;

type Before = (item: LedgerItem) => LedgerItem | undefined;

/**
 * The ledger's table and its index of open items under DynamoDB's limits. Items of one job or runner are written a few
 * times a minute at most, so their keys count for the table alone.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
export class LedgerThroughput {
  readonly writes: KeyThroughput;
  readonly indexWrites: KeyThroughput;
  readonly reads: KeyThroughput;

  constructor(limits: AccountQuotas) {
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
    if ("put" in change)
      return (
        this.writes.takeOfTable(TRANSACTIONAL, now) && this.#mayIndexItem(before(change.put), change.put, now)
      );
    if ("take" in change) return this.writes.take(slotsPk(change.take.scope), TRANSACTIONAL, now);
    if ("releaseSlot" in change)
      return this.writes.take(slotsPk(change.releaseSlot.scope), TRANSACTIONAL, now);
    if ("stateRecord" in change) {
      const key = recordIndexKey(change.stateRecord)?.openPk;
      const isWritten = this.writes.take(recordKey(change.stateRecord.name).pk, TRANSACTIONAL, now);
      return isWritten && (key === undefined || this.indexWrites.take(key, INDEXED, now));
    }
    if ("count" in change) return this.writes.take(usageKey(change.count.key).pk, TRANSACTIONAL, now);
    return this.writes.takeOfTable(TRANSACTIONAL, now);
  }

  /** One write where the item's key in the index stays, one each where it goes and comes. */
  #mayIndexItem(before: LedgerItem | undefined, item: LedgerItem, now: Time): boolean {
    const from = before === undefined ? undefined : openKey(before)?.openPk;
    const to = openKey(item)?.openPk;
    const hasLeft = from === undefined || from === to || this.indexWrites.take(from, INDEXED, now);
    return hasLeft && (to === undefined || this.indexWrites.take(to, INDEXED, now));
  }

  /** False: the read of that many items is throttled. */
  mayRead(key: string, items: number, now: Time): boolean {
    return this.reads.take(key, Math.max(0.5, items / ITEMS_A_UNIT), now);
  }
}
