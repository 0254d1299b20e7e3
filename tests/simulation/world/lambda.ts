import { LAMBDA_QUEUE_SECONDS } from "../../../AutoScaler/src/timing";
import type { Time } from "../../../Core/model/ledger";
import { pauseAfterRefusal } from "./limits/asynchronous-retries";
import type { LambdaConcurrency } from "./limits/lambda-concurrency";
import type { TenantEnvironments } from "./limits/tenant-environments";
import type { Random } from "./random";
import type { Timeline } from "./timeline";

export interface LambdaOptions {
  /** Concurrent executions of runner functions, within the account's. */
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
  readonly run: RunnerInvocation;
  /** How often Lambda had no room for it. */
  refusals: number;
}

/** An invocation's begin; it calls `done` at its end. */
export type RunnerInvocation = (done: () => void) => void;

/** Asynchronous invocations of the runner functions: a queue that delivers at least once and in any order. */
export class LambdaQueue {
  busy = 0;
  mostBusy = 0;
  dropped = 0;
  options: LambdaOptions;

  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
    readonly account: LambdaConcurrency,
    readonly tenants: TenantEnvironments,
    options: Partial<LambdaOptions> = {},
  ) {
    this.options = { ...LAMBDA_DEFAULTS, ...options };
  }

  /** Accepts an event: 202. */
  invoke(run: RunnerInvocation): void {
    const times = this.random.chance(this.options.twice) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const at = this.timeline.now;
      const delay = this.random.between(20, 900) + time * this.random.between(0, 60_000);
      this.timeline.after(delay, () => this.#deliver({ at, run, refusals: 0 }));
    }
  }

  #enter(): boolean {
    if (this.busy >= this.options.concurrency || !this.account.enter()) return false;
    if (this.tenants.enter(this.timeline.now)) return true;
    this.account.leave();
    return false;
  }

  #leave(): void {
    this.busy -= 1;
    this.account.leave();
    this.tenants.leave(this.timeline.now);
  }

  #deliver(queued: Queued): void {
    const age = this.timeline.now - queued.at;
    if (age > this.options.maximumEventAgeSeconds * 1_000) this.dropped += 1;
    else if (this.#enter()) this.#run(queued);
    else {
      queued.refusals += 1;
      this.timeline.after(pauseAfterRefusal(queued.refusals), () => this.#deliver(queued));
    }
  }

  #run({ run }: Queued): void {
    this.busy += 1;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    run(() => this.#leave());
  }
}
