import { unitOf } from "../log";
import type { Time } from "../model/ledger";

/** A value that a function has put. */
export interface PutMetric {
  readonly name: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Who sends. `instance` is another one for each process, so that no two write the same series. */
export interface Sender {
  readonly deployment: string;
  readonly functionName: string;
  readonly region: string;
  readonly instance: string;
}

/** What there is at a moment: a later value takes the place of an earlier one. */
export const LEVELS: readonly string[] = [
  "JobsSeenByReconciler",
  "LimitUsedPercent",
  "OldestWaitingSeconds",
  "RunnersOpen",
  "SpotPoolsResting",
  "WaitingJobs",
];

/** Seconds, from a tenth to an hour; of milliseconds a thousand times as many. */
const BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 180, 300, 600, 1_800, 3_600];
/** AGGREGATION_TEMPORALITY_DELTA: since the call before. A process does not live long enough to add up. */
const DELTA = 1;

const UNITS: Readonly<Record<string, string>> = { Seconds: "s", Milliseconds: "ms", Percent: "%", None: "1" };

const attributes = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));

/** 64-bit numbers are texts in JSON. */
const nanoseconds = (time: Time): string => `${Math.round(time)}000000`;

interface Span {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const bucketCounts = (values: readonly number[], bounds: readonly number[]): readonly string[] => {
  const counts = [...bounds, Number.POSITIVE_INFINITY].map(() => 0);
  for (const value of values) {
    const found = bounds.findIndex((bound) => value <= bound);
    const bucket = found < 0 ? bounds.length : found;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts.map(String);
};

const histogramPoint = (values: readonly number[], unit: string) => {
  const explicitBounds = unit === "Milliseconds" ? BOUNDS.map((bound) => bound * 1_000) : BOUNDS;
  return {
    count: String(values.length),
    sum: sum(values),
    min: Math.min(...values),
    max: Math.max(...values),
    explicitBounds,
    bucketCounts: bucketCounts(values, explicitBounds),
  };
};

/** The values of one metric by their dimensions. */
type Series = ReadonlyMap<
  string,
  { readonly of: PutMetric["dimensions"]; readonly values: readonly number[] }
>;

const bySeries = (puts: readonly PutMetric[]): Series => {
  const series = new Map<string, { of: PutMetric["dimensions"]; values: number[] }>();
  for (const { dimensions, value } of puts) {
    const key = JSON.stringify(Object.entries(dimensions));
    const known = series.get(key) ?? { of: dimensions, values: [] };
    known.values.push(value);
    series.set(key, known);
  }
  return series;
};

const metricOf = (name: string, puts: readonly PutMetric[], span: Span) => {
  const unit = unitOf(name);
  const points = <Point extends object>(point: (values: readonly number[]) => Point) =>
    [...bySeries(puts).values()].map(({ of, values }) => ({
      attributes: attributes(of),
      ...span,
      ...point(values),
    }));
  const written = { name, unit: UNITS[unit] ?? "1" };
  if (LEVELS.includes(name))
    return { ...written, gauge: { dataPoints: points((values) => ({ asDouble: values.at(-1) ?? 0 })) } };
  if (unit === "Seconds" || unit === "Milliseconds") {
    const dataPoints = points((values) => histogramPoint(values, unit));
    return { ...written, histogram: { aggregationTemporality: DELTA, dataPoints } };
  }
  const dataPoints = points((values) => ({ asDouble: sum(values) }));
  return { ...written, sum: { aggregationTemporality: DELTA, isMonotonic: true, dataPoints } };
};

/**
 * A request of OTLP/HTTP in its JSON form: counts as sums, times as histograms, levels as gauges.
 * https://opentelemetry.io/docs/specs/otlp/ https://github.com/open-telemetry/opentelemetry-proto
 *
 * @param from since when the values were put; Unix milliseconds, as `to`
 */
export const metricsRequest = (
  puts: readonly PutMetric[],
  { deployment, functionName, region, instance }: Sender,
  from: Time,
  to: Time,
) => {
  const span = { startTimeUnixNano: nanoseconds(from), timeUnixNano: nanoseconds(to) };
  const names = [...new Set(puts.map(({ name }) => name))];
  const resource = {
    attributes: attributes({
      "service.name": "gitlab-autoscaled-runners",
      "service.namespace": deployment,
      "service.instance.id": instance,
      "cloud.provider": "aws",
      "cloud.region": region,
      "faas.name": functionName,
    }),
  };
  const metrics = names.map((name) =>
    metricOf(
      name,
      puts.filter((put) => put.name === name),
      span,
    ),
  );
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: "GitLabRunners" }, metrics }] }] };
};
