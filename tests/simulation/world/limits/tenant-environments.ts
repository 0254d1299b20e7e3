import type { Time } from "../../../../Core/model/ledger";

/**
 * Environments of a function with tenants: one for each tenant, which no other tenant gets, idle ones included.
 * https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html
 */
export class TenantEnvironments {
  mostInUse = 0;
  refused = 0;
  #active = 0;
  /** When each idle one is given up, in order. */
  #idleUntil: Time[] = [];
  #first = 0;

  constructor(
    readonly limit: () => number,
    readonly idleSeconds: number,
  ) {}

  #forget(now: Time): void {
    while ((this.#idleUntil[this.#first] ?? Number.POSITIVE_INFINITY) <= now) this.#first += 1;
    const MANY = 1_000;
    if (this.#first > MANY) this.#first -= this.#idleUntil.splice(0, this.#first).length;
  }

  inUse(now: Time): number {
    this.#forget(now);
    return this.#active + this.#idleUntil.length - this.#first;
  }

  enter(now: Time): boolean {
    const used = this.inUse(now);
    if (used >= this.limit()) {
      this.refused += 1;
      return false;
    }
    this.#active += 1;
    this.mostInUse = Math.max(this.mostInUse, used + 1);
    return true;
  }

  leave(now: Time): void {
    this.#active -= 1;
    this.#idleUntil.push(now + this.idleSeconds * 1_000);
  }
}
