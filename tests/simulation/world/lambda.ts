import { LAMBDA_QUEUE_SECONDS } from "../../../AutoScaler/src/timing";
import type { Time } from "../../../Core/model/ledger";
import type { Random } from "./random";
import type { Timeline } from "./timeline";

export interface LambdaOptions {
  /** Concurrent executions of runner functions. */
  readonly concurrency: number;
  /** Probability that an asynchronous event is delivered twice. */
  readonly twice: number;
  /** Seconds after which a throttled event is dropped. */
  readonly maximumEventAgeSeconds: number;
}

export const LAMBDA_DEFAULTS: LambdaOptions = {
  concurrency: 1_000,
  twice: 0,
  maximumEventAgeSeconds: LAMBDA_QUEUE_SECONDS,
};

interface Queued {
  readonly at: Time;
  readonly run: Invocation;
}

/** An invocation's begin; it calls `done` at its end. */
export type Invocation = (done: () => void) => void;

const LOOK_AGAIN = 1_000;

/** Asynchronous invocations of the runner functions: a queue that delivers at least once and in any order. */
export class LambdaQueue {
  busy = 0;
  mostBusy = 0;
  dropped = 0;
  options: LambdaOptions;
  #isLooking = false;
  readonly #waiting: Queued[] = [];

  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
    options: Partial<LambdaOptions> = {},
  ) {
    this.options = { ...LAMBDA_DEFAULTS, ...options };
  }

  /** Accepts an event: 202. */
  invoke(run: Invocation): void {
    const times = this.random.chance(this.options.twice) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const at = this.timeline.now;
      const delay = this.random.between(20, 900) + time * this.random.between(0, 60_000);
      this.timeline.after(delay, () => this.#deliver({ at, run }));
    }
  }

  #deliver(queued: Queued): void {
    if (this.busy >= this.options.concurrency) {
      this.#waiting.push(queued);
      this.#lookLater();
      return;
    }
    this.busy += 1;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    queued.run(() => {
      this.busy -= 1;
    });
  }

  #lookLater(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.timeline.after(LOOK_AGAIN, () => {
      this.#isLooking = false;
      this.#drain();
    });
  }

  #drain(): void {
    const oldest = this.timeline.now - this.options.maximumEventAgeSeconds * 1000;
    while (this.#waiting.length > 0 && this.busy < this.options.concurrency) {
      const next = this.#waiting.shift() as Queued;
      if (next.at < oldest) this.dropped += 1;
      else this.#deliver(next);
    }
    if (this.#waiting.length > 0) this.#lookLater();
  }
}
