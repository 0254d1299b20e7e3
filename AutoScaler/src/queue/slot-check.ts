import { classKey } from "../../../Core/model/runner-class";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import { readLimited, sum } from "../limits/slots";
import type { Ledger, SlotCounters } from "../ports";

/** Counters of what is limited: those of each scope are read once, or again where that failed. */
export class CountersRead {
  readonly #read = new Map<string, Promise<SlotCounters>>();

  constructor(private readonly ledger: Pick<Ledger, "slots">) {}

  slots(scope: string): Promise<SlotCounters> {
    const known = this.#read.get(scope) ?? this.#readAnew(scope);
    this.#read.set(scope, known);
    return known;
  }

  async #readAnew(scope: string): Promise<SlotCounters> {
    try {
      return await this.ledger.slots(scope);
    } catch (error) {
      this.#read.delete(scope);
      throw error;
    }
  }
}

/** Classes whose limit was seen to be reached: who waits for one of them is not looked at. */
export class SlotCheck {
  readonly #full = new Set<string>();
  readonly #counters: CountersRead;

  constructor(ledger: Pick<Ledger, "slots">) {
    this.#counters = new CountersRead(ledger);
  }

  isFull(key: string): boolean {
    return this.#full.has(key);
  }

  /** Whether there is a slot for the order under each of its limits, as its last look-up knew them. */
  async hasSlotFor(order: RunnerOrder): Promise<boolean> {
    const limited = await readLimited(this.#counters, order);
    const full = limited.filter(({ limit, taken }) => sum(taken) >= limit);
    for (const { scope } of full) this.#full.add(scope);
    return full.length === 0 && !this.isFull(classKey(order.runnerClass));
  }
}
