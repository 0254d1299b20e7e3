/** A metric as CloudWatch tells it from others. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What was put of one metric. */
export interface Series extends MetricId {
  readonly values: readonly { readonly at: number; readonly value: number }[];
}

interface Kept extends MetricId {
  values: { at: number; value: number }[];
}

const KEPT_MILLISECONDS = 600_000;
/** A load test puts more: of those the last are kept. */
const MAX_VALUES = 20_000;

const keyOf = ({ namespace, name, dimensions }: MetricId): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);

/** The metrics of the last ten minutes, in place of CloudWatch. */
export class MetricStore {
  readonly #series = new Map<string, Kept>();

  constructor(readonly now: () => number = Date.now) {}

  put(metric: MetricId, value: number): void {
    const key = keyOf(metric);
    const series = this.#series.get(key) ?? { ...metric, values: [] };
    this.#series.set(key, series);
    series.values.push({ at: this.now(), value });
    if (series.values.length > 2 * MAX_VALUES) series.values = series.values.slice(-MAX_VALUES);
  }

  /** Those of a name, whatever their dimensions, with their values since a time. */
  named(namespace: string, name: string, since = this.now() - KEPT_MILLISECONDS): readonly Series[] {
    return [...this.#series.values()]
      .filter((series) => series.namespace === namespace && series.name === name)
      .map((series) => ({ ...series, values: series.values.filter(({ at }) => at >= since) }));
  }
}
