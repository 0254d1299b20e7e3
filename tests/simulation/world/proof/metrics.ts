import type { Time } from "../../../../Core/model/ledger";

export type Dimensions = Readonly<Record<string, string>>;

/** A metric as CloudWatch tells it from others. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
}

interface Minute {
  sum: number;
  most: number;
  least: number;
  count: number;
}

export const MINUTE = 60_000;

/** Names in any order: most metrics have one dimension or none. */
const dimensionsText = (dimensions: Dimensions): string =>
  Object.keys(dimensions)
    .sort()
    .map((name) => `${name}\n${dimensions[name]}\n`)
    .join("");

const textOf = ({ namespace, name, dimensions }: MetricName): string =>
  `${namespace}\n${name}\n${dimensionsText(dimensions)}`;

const texts = new WeakMap<MetricName, string>();

/** Who counts often keeps its metric's name, so that its text is made once. */
const keyOf = (metric: MetricName): string => {
  const text = texts.get(metric) ?? textOf(metric);
  texts.set(metric, text);
  return text;
};

const added = (before: Minute | undefined, value: number): Minute => {
  if (before === undefined) return { sum: value, most: value, least: value, count: 1 };
  before.sum += value;
  before.most = Math.max(before.most, value);
  before.least = Math.min(before.least, value);
  before.count += 1;
  return before;
};

const STATISTICS: Readonly<Record<string, (minutes: readonly Minute[]) => number>> = {
  Sum: (minutes) => minutes.reduce((sum, minute) => sum + minute.sum, 0),
  Maximum: (minutes) => Math.max(...minutes.map(({ most }) => most)),
  Minimum: (minutes) => Math.min(...minutes.map(({ least }) => least)),
  SampleCount: (minutes) => minutes.reduce((sum, minute) => sum + minute.count, 0),
};

/** What CloudWatch keeps: the values of each minute. */
export class Metrics {
  readonly #minutes = new Map<string, Map<number, Minute>>();
  /** Since when a queue has had a message: SQS tells the number every minute, as long as it is there. */
  readonly #standing = new Map<string, Time>();

  put(metric: MetricName, value: number, at: Time): void {
    const key = keyOf(metric);
    const minutes = this.#minutes.get(key) ?? new Map<number, Minute>();
    this.#minutes.set(key, minutes);
    const minute = Math.floor(at / MINUTE);
    minutes.set(minute, added(minutes.get(minute), value));
  }

  /** A value of at least 1 in every minute from now on. */
  stand(metric: MetricName, at: Time): void {
    const key = keyOf(metric);
    if (!this.#standing.has(key)) this.#standing.set(key, at);
  }

  /** A period's value; `from` and `to` are whole minutes. Undefined: the metric had no data. */
  value(metric: MetricName, statistic: string, from: Time, to: Time): number | undefined {
    const key = keyOf(metric);
    if ((this.#standing.get(key) ?? Number.POSITIVE_INFINITY) < to) return 1;
    const minutes = this.#minutes.get(key);
    const found: Minute[] = [];
    for (let minute = from / MINUTE; minutes !== undefined && minute < to / MINUTE; minute += 1) {
      const one = minutes.get(minute);
      if (one !== undefined) found.push(one);
    }
    const calculate = STATISTICS[statistic];
    if (calculate === undefined) throw new Error(`The statistic ${statistic} is not simulated`);
    return found.length === 0 ? undefined : calculate(found);
  }
}
