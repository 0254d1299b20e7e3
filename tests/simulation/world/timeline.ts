import type { Time } from "../../../Core/model/ledger";

/** Jest's globals are slower to look up than a constant. */
const { round } = Math;

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
  const first = heap[0];
  const last = heap.pop();
  if (heap.length > 0 && last !== undefined) sink(heap, last);
  return first;
};

/**
 * Milliseconds of events that may be run together before their continuations: less than any call takes, so no call
 * of a continuation could fall between them.
 */
const TOGETHER = 2;

/** Batches after which real timers and signals get their time. */
const BREATHES_EVERY = 1_000;

const SETTLED = Promise.resolve();

/** A tick asked for by a microtask comes when no microtask is left: every continuation has run by then. */
const afterContinuations = (then: () => void): (() => void) => {
  const tick = (): void => process.nextTick(then);
  return () => void SETTLED.then(tick);
};

interface Deadline {
  readonly time: Time;
  /** Undefined: cancelled. */
  run: (() => void) | undefined;
}

/**
 * Timers of one length, most of which are cancelled. They fall due in the order in which they were set, so they are
 * in a queue and only its head is in the heap.
 */
class Deadlines {
  readonly #queue: Deadline[] = [];
  #first = 0;
  #isArmed = false;

  constructor(
    readonly timeline: Timeline,
    readonly length: number,
  ) {}

  add(run: () => void): () => void {
    const deadline: Deadline = { time: this.timeline.now + this.length, run };
    this.#queue.push(deadline);
    if (!this.#isArmed) this.#arm();
    return () => {
      deadline.run = undefined;
    };
  }

  #arm(): void {
    while (this.#first < this.#queue.length && this.#queue[this.#first]?.run === undefined) this.#first += 1;
    const MANY = 1_000;
    if (this.#first > MANY) this.#first -= this.#queue.splice(0, this.#first).length;
    const head = this.#queue[this.#first];
    this.#isArmed = head !== undefined;
    if (head !== undefined) this.timeline.at(head.time, () => this.#fall());
  }

  #fall(): void {
    for (;;) {
      const head = this.#queue[this.#first];
      if (head === undefined || head.time > this.timeline.now) break;
      this.#first += 1;
      head.run?.();
    }
    this.#arm();
  }
}

/** Virtual time: the earliest event runs next, and nothing waits for a real clock. */
export class Timeline {
  now: Time;
  /** Number of events so far. */
  count = 0;
  /** A promise of the product was settled: its continuation runs before the next event. */
  hasContinuation = false;
  readonly #heap: Entry[] = [];
  readonly #deadlines = new Map<number, Deadlines>();
  #order = 0;

  constructor(start: Time) {
    this.now = start;
  }

  after(milliseconds: number, run: () => void): void {
    this.#order += 1;
    const wait = milliseconds > 0 ? round(milliseconds) : 0;
    rise(this.#heap, { time: this.now + wait, order: this.#order, run });
  }

  at(time: Time, run: () => void): void {
    this.after(time - this.now, run);
  }

  /** Sets a timer. @returns a function that cancels it */
  deadline(milliseconds: number, run: () => void): () => void {
    const length = round(milliseconds);
    const deadlines = this.#deadlines.get(length) ?? new Deadlines(this, length);
    this.#deadlines.set(length, deadlines);
    return deadlines.add(run);
  }

  /** Runs all events that are due until a time, and the continuations between them. */
  run(until: Time): Promise<void> {
    return new Promise((resolve, reject) => {
      let batches = 0;
      const pump = (): void => {
        try {
          batches += 1;
          if (this.#batch(until)) {
            this.now = Math.max(this.now, until);
            resolve();
          } else if (batches % BREATHES_EVERY === 0) setImmediate(pump);
          else goOn();
        } catch (error) {
          reject(error);
        }
      };
      const goOn = afterContinuations(pump);
      setImmediate(pump);
    });
  }

  /** @returns whether no event is left */
  #batch(until: Time): boolean {
    this.hasContinuation = false;
    let mustStopAfter = Number.POSITIVE_INFINITY;
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.time > until) return !this.hasContinuation;
      if (first.time > mustStopAfter) return false;
      this.#happen();
      if (this.hasContinuation && this.now + TOGETHER < mustStopAfter) mustStopAfter = this.now + TOGETHER;
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
