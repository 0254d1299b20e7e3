import type { Time } from "../../../Core/model/ledger";
import { type Ending, type Executions, REFUSED } from "./executions";
import { pauseAfterRefusal } from "./limits/asynchronous-retries";
import { TokenBucket } from "./limits/token-bucket";
import type { Random } from "./random";
import { type BusEvent, eventAge, type Matched, match } from "./rules";
import type { Timeline } from "./timeline";
import { StateError } from "./workflow";

export interface BusOptions {
  /** Probabilities that an event is delivered twice, or minutes late. */
  readonly twice: number;
  readonly late: number;
  /** Probability that an event of EC2 or of the reconciler never reaches the bus. */
  readonly lost: number;
}

export const BUS_DEFAULTS: BusOptions = { twice: 0, late: 0, lost: 0 };

const LATE_WITHIN = 240_000;
/** After an error of the function. */
const PICK_UP_RETRIES = [60_000, 120_000];
const PICK_UP_AGE = eventAge("RecordPickUpFunction") * 1_000;

/** An asynchronous event of the function that stores pick-ups. */
interface PickUp {
  readonly input: unknown;
  readonly at: Time;
  errors: number;
  refusals: number;
}

export type Outcome = "handled" | "ignored" | "failed";

const outcomeOf = (ending: Ending): Outcome => {
  if (ending.kind !== "succeeded") return "failed";
  const { lookup, found, report } = (ending.output ?? {}) as {
    readonly report?: { readonly kind: string };
    readonly lookup?: { readonly kind: string };
    readonly found?: { readonly runners: readonly unknown[] };
  };
  const isNothing = lookup?.kind === "nothing" || report?.kind === "dropped" || found?.runners.length === 0;
  return isNothing ? "ignored" : "handled";
};

/** EventBridge with the shipped rules: it delivers at least once and in any order. */
export class Bus {
  /** I-31: events received, and the outcome of each delivery. */
  readonly counts = { events: 0, unmatched: 0, lost: 0, deliveries: 0, handled: 0, ignored: 0, failed: 0 };
  underWay = 0;
  /** For single scenarios: which events are lost. */
  loses: (event: BusEvent) => boolean = () => false;
  options: BusOptions;
  readonly #invocations: TokenBucket;

  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
    readonly executions: Executions,
    invocationsPerSecond: number,
    options: BusOptions,
  ) {
    this.options = options;
    this.#invocations = new TokenBucket(invocationsPerSecond);
  }

  put(event: BusEvent): void {
    this.counts.events += 1;
    const isLost = event.source !== "gitlab.webhook" && this.random.chance(this.options.lost);
    if (isLost || this.loses(event)) {
      this.counts.lost += 1;
      return;
    }
    const matched = match(event);
    if (matched.length === 0) this.counts.unmatched += 1;
    for (const one of matched) {
      this.#deliver(one);
      if (this.random.chance(this.options.twice)) this.#deliver(one);
    }
  }

  #deliver(matched: Matched): void {
    const isLate = this.random.chance(this.options.late);
    const lateness = isLate ? this.random.between(1_000, LATE_WITHIN) : 0;
    const delay = this.random.between(15, 250) + this.#invocations.delay(this.timeline.now) + lateness;
    this.counts.deliveries += 1;
    this.underWay += 1;
    this.timeline.after(delay, () => this.#start(matched));
  }

  #end(outcome: Outcome): void {
    this.counts[outcome] += 1;
    this.underWay -= 1;
  }

  #start({ target, input }: Matched): void {
    if (target === "RecordPickUpFunction")
      this.#pickUp({ input, at: this.timeline.now, errors: 0, refusals: 0 });
    else this.executions.execute(target, input, (ending) => this.#end(outcomeOf(ending)));
  }

  /** An asynchronous invocation: Lambda repeats it twice, then its event goes to the dead-letter queue. */
  #pickUp(event: PickUp): void {
    this.executions.runFunction("RecordPickUpFunction", event.input).then(
      (pickUp) => this.#end((pickUp as { kind: string }).kind === "nothing" ? "ignored" : "handled"),
      (error: unknown) => {
        if (!(error instanceof StateError)) throw error;
        const pause = this.#pauseAfter(error, event);
        if (pause === undefined) this.#end("failed");
        else this.timeline.after(pause, () => this.#pickUp(event));
      },
    );
  }

  /** A refusal counts by the event's age, an error by the number of tries. */
  #pauseAfter({ error }: StateError, event: PickUp): number | undefined {
    if (error === REFUSED) {
      event.refusals += 1;
      return this.timeline.now - event.at < PICK_UP_AGE ? pauseAfterRefusal(event.refusals) : undefined;
    }
    event.errors += 1;
    return PICK_UP_RETRIES[event.errors - 1];
  }

  /** I-31: every delivery has one outcome, or is under way. */
  unaccounted(): string[] {
    const { deliveries, handled, ignored, failed } = this.counts;
    const sum = handled + ignored + failed + this.underWay;
    return deliveries === sum ? [] : [`I-31: ${deliveries} deliveries, ${sum} accounted for`];
  }
}
