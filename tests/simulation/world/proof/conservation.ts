import type { Time } from "../../../../Core/model/ledger";
import {
  LOOK_UP_SKIP_CODES,
  type PickUpSkipCode,
  REPORT_SKIP_CODES,
  START_SKIP_CODES,
} from "../../../../Core/model/reasons";
import type { Target } from "../rules";
import type { Alarms } from "./alarms";
import type { MetricName } from "./metrics";

/** How an event ended, as the workflow or function says that had it. `died`: AWS lost the execution, and tells nobody. */
export type End =
  | { readonly kind: "handled" }
  | { readonly kind: "ignored"; readonly reason: string }
  | { readonly kind: "failed"; readonly counted: MetricName; readonly at: Time }
  | { readonly kind: "died" };

/** What the bus handed over. */
export interface Delivery {
  readonly target: Target;
  /** The event's input, for people. */
  readonly input: unknown;
  /** By when it has ended, whatever happens. */
  readonly endsBy: Time;
}

/** The end workflow names no runner, which says by itself that there is nothing to do. */
export const NOTHING_TO_END = "nothing-to-end";

const NOT_PICKED_UP = "not-picked-up" satisfies PickUpSkipCode;

/** The product's own codes. */
const REASONS: ReadonlySet<string> = new Set([
  ...LOOK_UP_SKIP_CODES,
  ...START_SKIP_CODES,
  ...REPORT_SKIP_CODES,
  NOT_PICKED_UP,
  NOTHING_TO_END,
]);

const said = ({ target, input }: Delivery): string => `the delivery of ${JSON.stringify(input)} to ${target}`;

/**
 * I-31, double entry: the bus writes down what it delivers, whoever handles an event how it ended. Neither knows of the
 * other's entries, and each delivery needs exactly one end.
 */
export class Conservation {
  readonly #open = new Map<number, Delivery>();
  readonly #counts: Record<End["kind"], number> = { handled: 0, ignored: 0, failed: 0, died: 0 };
  readonly #failures: { readonly of: string; readonly end: Extract<End, { kind: "failed" }> }[] = [];
  readonly #wrong: string[] = [];
  #deliveries = 0;

  /** Of the bus. @returns the delivery's number */
  delivered(delivery: Delivery): number {
    this.#deliveries += 1;
    this.#open.set(this.#deliveries, delivery);
    return this.#deliveries;
  }

  /** Of whoever handled the event. */
  ended(id: number, end: End): void {
    const delivery = this.#open.get(id);
    this.#counts[end.kind] += 1;
    if (delivery === undefined) this.#wrong.push("I-31: an event ended that was not delivered, or twice");
    else if (end.kind === "failed") this.#failures.push({ of: said(delivery), end });
    else if (end.kind === "ignored" && !REASONS.has(end.reason))
      this.#wrong.push(`I-31: ${said(delivery)} was ignored for no known reason: ${end.reason}`);
    this.#open.delete(id);
  }

  count(kind: End["kind"]): number {
    return this.#counts[kind];
  }

  /** Whether an event is under way that still has time. */
  isUnderWay(now: Time): boolean {
    return [...this.#open.values()].some(({ endsBy }) => endsBy > now);
  }

  /** Deliveries without an end that is due, ends that are none, and failures that no shipped alarm tells. */
  wrong(now: Time, alarms: Alarms): string[] {
    const lost = [...this.#open.values()]
      .filter(({ endsBy }) => endsBy <= now)
      .map((delivery) => `I-31: ${said(delivery)} has no end`);
    const untold = this.#failures
      .filter(({ end }) => !alarms.isHeard(end.counted, end.at))
      .map(({ of, end }) => `I-31: ${of} failed, and no alarm tells it: ${end.counted.name}`);
    return [...lost, ...this.#wrong, ...untold];
  }
}
