import type { Time } from "../../../Core/ledger";

interface Entry {
  readonly time: Time;
  readonly order: number;
  readonly run: () => void;
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.time < other.time || (one.time === other.time && one.order < other.order);

const rise = (heap: Entry[], entry: Entry): void => {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Entry;
    if (!isBefore(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
};

const smallerChild = (heap: readonly Entry[], index: number): number => {
  const left = 2 * index + 1;
  const right = left + 1;
  return right < heap.length && isBefore(heap[right] as Entry, heap[left] as Entry) ? right : left;
};

const sink = (heap: Entry[], entry: Entry): void => {
  let index = 0;
  while (2 * index + 1 < heap.length) {
    const child = smallerChild(heap, index);
    const below = heap[child] as Entry;
    if (!isBefore(below, entry)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = entry;
};

const takeFirst = (heap: Entry[]): Entry | undefined => {
  const [first] = heap;
  const last = heap.pop();
  if (heap.length > 0 && last !== undefined) sink(heap, last);
  return first;
};

/**
 * Whole milliseconds in which events may happen together before their continuations run: less than any call
 * takes, so no call of a continuation could have come between.
 */
const TOGETHER = 2;

/** Virtual time: what happens next is what is due first, and nothing waits for a real clock. */
export class Timeline {
  now: Time;
  /** Events that have happened. */
  count = 0;
  /** A promise of the product was settled: its continuation runs before the next event. */
  hasContinuation = false;
  readonly #heap: Entry[] = [];
  #order = 0;

  constructor(start: Time) {
    this.now = start;
  }

  after(milliseconds: number, run: () => void): void {
    this.#order += 1;
    rise(this.#heap, { time: this.now + Math.max(0, Math.round(milliseconds)), order: this.#order, run });
  }

  at(time: Time, run: () => void): void {
    this.after(time - this.now, run);
  }

  /** Runs what is due until then, and the continuations between. */
  run(until: Time): Promise<void> {
    return new Promise((resolve, reject) => {
      const pump = (): void => {
        try {
          if (this.#batch(until)) {
            this.now = Math.max(this.now, until);
            resolve();
          } else setImmediate(pump);
        } catch (error) {
          reject(error);
        }
      };
      setImmediate(pump);
    });
  }

  /** @returns whether nothing is due any more */
  #batch(until: Time): boolean {
    this.hasContinuation = false;
    let mustStopAfter = Number.POSITIVE_INFINITY;
    for (;;) {
      const [first] = this.#heap;
      if (first === undefined || first.time > until) return !this.hasContinuation;
      if (first.time > mustStopAfter) return false;
      this.#happen();
      if (this.hasContinuation) mustStopAfter = Math.min(mustStopAfter, this.now + TOGETHER);
    }
  }

  #happen(): void {
    const entry = takeFirst(this.#heap);
    if (entry === undefined) return;
    this.now = entry.time;
    this.count += 1;
    entry.run();
  }
}
