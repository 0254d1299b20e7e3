import type { PutMetric } from "../../../../Core/otlp/metrics-request";
import type { Metric, Time } from "../../ports";

/** Far above what one call of a function puts. It bounds the memory of one that is never asked for them. */
const MAX_KEPT = 1_000;

/** The metrics of a call until they are sent, or dropped. */
export class KeptMetrics {
  #kept: PutMetric[] = [];
  #since: Time | undefined;

  constructor(readonly now: () => Time) {}

  /** Keeps what is put, and puts it as before. */
  beside(put: Metric): Metric {
    return (name, value = 1, dimensions = {}, counted) => {
      put(name, value, dimensions, counted);
      this.#since ??= this.now();
      if (this.#kept.length < MAX_KEPT) this.#kept.push({ name, value, dimensions });
    };
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** Hands them over, with the time of the first, and keeps none. */
  take(): { readonly puts: readonly PutMetric[]; readonly since: Time } {
    const taken = { puts: this.#kept, since: this.#since ?? this.now() };
    this.#kept = [];
    this.#since = undefined;
    return taken;
  }
}
