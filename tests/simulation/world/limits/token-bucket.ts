import type { Time } from "../../../../Core/model/ledger";

/** A quota of so many a second, with a burst of `capacity`. */
export class TokenBucket {
  refused = 0;
  #tokens: number;
  #at: Time | undefined;

  constructor(
    readonly perSecond: number,
    readonly capacity = perSecond,
  ) {
    this.#tokens = capacity;
  }

  #refill(now: Time): void {
    const seconds = (now - (this.#at ?? now)) / 1_000;
    this.#tokens = Math.min(this.capacity, this.#tokens + seconds * this.perSecond);
    this.#at = now;
  }

  /** False: refused, and nothing is taken. */
  take(now: Time, cost = 1): boolean {
    this.#refill(now);
    if (this.#tokens < cost) {
      this.refused += 1;
      return false;
    }
    this.#tokens -= cost;
    return true;
  }

  /** Milliseconds until there is room for what is taken now: the quota delays and does not refuse. */
  delay(now: Time): number {
    this.#refill(now);
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.perSecond) * 1_000;
  }
}
