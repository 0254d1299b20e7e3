import type { Time } from "../../../Core/model/ledger";
import { EXPRESS_SECONDS, type Executions, REFUSED } from "./executions";
import { pauseAfterRefusal } from "./limits/asynchronous-retries";
import { TokenBucket } from "./limits/token-bucket";
import { lastOf } from "./once";
import { attributeOf, referenceTo } from "./proof/alarms";
import type { Conservation } from "./proof/conservation";
import { endOfPickUp } from "./proof/ends";
import type { MetricName } from "./proof/metrics";
import type { Random } from "./random";
import { type BusEvent, eventAge, type Matched, match, type Target, UNMATCHED_RULE } from "./rules";
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
const A_MINUTE = 60_000;
/** Milliseconds from the start of its target until an event has ended: a refusal may come at the end of its age. */
const LONGEST: Readonly<Record<Target, number>> = {
  StartRunnerStateMachine: EXPRESS_SECONDS * 1_000,
  StopRunnerStateMachine: EXPRESS_SECONDS * 1_000,
  RecordPickUpFunction:
    PICK_UP_AGE + pauseAfterRefusal(100) + PICK_UP_RETRIES.reduce((sum, one) => sum + one, 0) + 5 * A_MINUTE,
};

/** An asynchronous event of the function that stores pick-ups. */
interface PickUp {
  readonly input: unknown;
  readonly delivery: number;
  readonly at: Time;
  errors: number;
  refusals: number;
}

const DEAD_LETTERS: MetricName = {
  namespace: "AWS/SQS",
  name: "ApproximateNumberOfMessagesVisible",
  dimensions: { QueueName: attributeOf("DeadLetterQueue", "QueueName") },
};
const UNMATCHED: MetricName = {
  namespace: "AWS/Events",
  name: "MatchedEvents",
  dimensions: {
    EventBusName: referenceTo("EventBusName"),
    RuleName: attributeOf(UNMATCHED_RULE, "Arn").split("/")[2] ?? "",
  },
};

const A_SECOND = 1_000;

/** Events come by the dozen in a second. */
const toTheSecond = lastOf(
  (second: number): string => `${new Date(second * A_SECOND).toISOString().slice(0, 19)}Z`,
);

/** EventBridge with the shipped rules: it delivers at least once and in any order. */
export class Bus {
  /** Events received; those that no rule matches, or that never came. */
  readonly counts = { events: 0, unmatched: 0, lost: 0, deliveries: 0 };
  /** For single scenarios: which events are lost. */
  loses: (event: BusEvent) => boolean = () => false;
  options: BusOptions;
  readonly #invocations: TokenBucket;

  get conservation(): Conservation {
    return this.executions.parts.conservation;
  }

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

  put(sent: BusEvent): void {
    const { source, detailType, detail } = sent;
    const time = toTheSecond(Math.floor(this.timeline.now / A_SECOND));
    const event = { source, detailType, detail, time };
    this.counts.events += 1;
    const isLost = event.source !== "gitlab.webhook" && this.random.chance(this.options.lost);
    if (isLost || this.loses(event)) {
      this.counts.lost += 1;
      return;
    }
    const { matched, isCountedAsUnmatched } = match(event);
    if (matched.length === 0) this.counts.unmatched += 1;
    if (isCountedAsUnmatched) this.executions.parts.metrics.put(UNMATCHED, 1, this.timeline.now);
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
    const endsBy = this.timeline.now + delay + LONGEST[matched.target];
    const delivery = this.conservation.delivered({ ...matched, endsBy });
    this.timeline.after(delay, () => this.#start(matched, delivery));
  }

  #start({ target, input }: Matched, delivery: number): void {
    if (target === "RecordPickUpFunction")
      this.#pickUp({ input, delivery, at: this.timeline.now, errors: 0, refusals: 0 });
    else this.executions.execute(target, input, delivery);
  }

  /** An asynchronous invocation: Lambda repeats it twice, then its event goes to the dead-letter queue. */
  #pickUp(event: PickUp): void {
    this.executions.runFunction("RecordPickUpFunction", event.input).then(
      (pickUp) => this.conservation.ended(event.delivery, endOfPickUp(pickUp)),
      (error: unknown) => {
        if (!(error instanceof StateError)) throw error;
        const pause = this.#pauseAfter(error, event);
        if (pause === undefined) this.#giveUp(event);
        else this.timeline.after(pause, () => this.#pickUp(event));
      },
    );
  }

  #giveUp({ delivery }: PickUp): void {
    const { now } = this.timeline;
    this.executions.parts.metrics.stand(DEAD_LETTERS, now);
    this.conservation.ended(delivery, { kind: "failed", counted: DEAD_LETTERS, at: now });
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
}
