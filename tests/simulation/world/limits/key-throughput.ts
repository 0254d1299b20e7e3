import type { Time } from "../../../../Core/model/ledger";
import { TokenBucket } from "./token-bucket";

/** Keys without use for so long have a full bucket again. */
const FULL_AFTER = 1_000;
const MANY = 4_000;

interface Counted {
  bucket: TokenBucket;
  at: Time;
}

/**
 * Throughput of a table and of each partition key in it, in units of one kilobyte written or four read.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
export class KeyThroughput {
  readonly refusedBy = new Map<string, number>();
  readonly #table: TokenBucket;
  readonly #keys = new Map<string, Counted>();

  constructor(
    tablePerSecond: number,
    readonly keyPerSecond: number,
  ) {
    this.#table = new TokenBucket(tablePerSecond);
  }

  #bucketOf(key: string, now: Time): TokenBucket {
    const known = this.#keys.get(key);
    if (known !== undefined) {
      known.at = now;
      return known.bucket;
    }
    if (this.#keys.size > MANY) this.#forget(now);
    const bucket = new TokenBucket(this.keyPerSecond);
    this.#keys.set(key, { bucket, at: now });
    return bucket;
  }

  #forget(now: Time): void {
    for (const [key, { at }] of this.#keys) if (now - at > FULL_AFTER) this.#keys.delete(key);
  }

  /** Of a key that is used too seldom to count. */
  takeOfTable(units: number, now: Time): boolean {
    return this.#table.take(now, units);
  }

  /** False: the table or the key is used up, and the request is throttled. */
  take(key: string, units: number, now: Time): boolean {
    const isAllowed = this.#bucketOf(key, now).take(now, units) && this.#table.take(now, units);
    if (!isAllowed) this.refusedBy.set(key, (this.refusedBy.get(key) ?? 0) + 1);
    return isAllowed;
  }
}
