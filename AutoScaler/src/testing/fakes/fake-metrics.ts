import type { Metric, Nonce } from "../../ports";

export interface FakeMetrics {
  readonly metric: Metric;
  readonly recorded: {
    readonly name: string;
    readonly value: number;
    readonly dimensions: Record<string, string>;
  }[];
  /** Sum of a metric's values. */
  total(name: string): number;
}

/** Keeps metrics for tests to check. */
export const fakeMetrics = (): FakeMetrics => {
  const recorded: FakeMetrics["recorded"] = [];
  return {
    recorded,
    metric: (name, value = 1, dimensions = {}) => void recorded.push({ name, value, dimensions }),
    total: (name) => recorded.reduce((sum, one) => (one.name === name ? sum + one.value : sum), 0),
  };
};

/** Nonces that are unique and the same in every run. */
export const fakeNonce = (): Nonce => {
  let count = 0;
  return () => {
    count += 1;
    return count.toString(16).padStart(64, "0");
  };
};
