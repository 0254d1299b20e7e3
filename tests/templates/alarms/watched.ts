import { asList, asMap, at, type Properties, type Value } from "../read-template";

/** A metric that an alarm watches, by itself or in an expression. */
export interface WatchedMetric {
  /** Its name in the alarm's expression. Absent: the alarm watches it by itself. */
  readonly id?: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Value;
  readonly statistic: string;
  readonly periodSeconds: number;
}

const queries = ({ Metrics }: Properties): readonly Properties[] => asList(Metrics).map(asMap);

const inExpression = (query: Properties): WatchedMetric => ({
  id: String(query.Id),
  namespace: String(at(query, "MetricStat", "Metric", "Namespace")),
  name: String(at(query, "MetricStat", "Metric", "MetricName")),
  dimensions: at(query, "MetricStat", "Metric", "Dimensions") ?? null,
  statistic: String(at(query, "MetricStat", "Stat")),
  periodSeconds: Number(at(query, "MetricStat", "Period")),
});

/** The metrics that an alarm watches. */
export const watchedMetrics = (alarm: Properties): readonly WatchedMetric[] =>
  alarm.Metrics === undefined
    ? [
        {
          namespace: String(alarm.Namespace),
          name: String(alarm.MetricName),
          dimensions: alarm.Dimensions ?? null,
          statistic: String(alarm.Statistic),
          periodSeconds: Number(alarm.Period),
        },
      ]
    : queries(alarm)
        .filter(({ MetricStat }) => MetricStat !== undefined)
        .map(inExpression);

/** The expression whose value the alarm compares. Undefined: it has none. */
export const expressionOf = (alarm: Properties): string | undefined => {
  const query = queries(alarm).find(({ ReturnData }) => ReturnData === true);
  return query?.Expression === undefined ? undefined : String(query.Expression);
};
