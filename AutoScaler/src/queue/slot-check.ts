import { classKey } from "../../../Core/model/runner-class";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import { limitedBy } from "../limits/slots";
import type { Ledger } from "../ports";

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** How much of what is limited is taken: each counter is read once. */
export class Taken {
  readonly #read = new Map<string, Promise<number>>();

  constructor(private readonly ledger: Pick<Ledger, "slots">) {}

  of(scope: string): Promise<number> {
    const known = this.#read.get(scope) ?? this.ledger.slots(scope).then(sum);
    this.#read.set(scope, known);
    return known;
  }
}

/** Classes whose limit was seen to be reached: who waits for one of them is not looked at. */
export class SlotCheck {
  readonly #full = new Set<string>();
  readonly #taken: Taken;

  constructor(ledger: Pick<Ledger, "slots">) {
    this.#taken = new Taken(ledger);
  }

  isFull(key: string): boolean {
    return this.#full.has(key);
  }

  /** Whether there is a slot for the order under each of its limits, as its last look-up knew them. */
  async hasSlotFor(order: RunnerOrder): Promise<boolean> {
    const limited = limitedBy(order);
    const taken = await Promise.all(limited.map(({ scope }) => this.#taken.of(scope)));
    const full = limited.filter(({ limit }, index) => (taken[index] ?? 0) >= limit);
    for (const { scope } of full) this.#full.add(scope);
    return full.length === 0 && !this.isFull(classKey(order.runnerClass));
  }
}
