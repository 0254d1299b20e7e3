import type { MetricStore } from "./metric-store";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const listAt = (value: unknown, key: string): readonly unknown[] => {
  const found = isRecord(value) ? value[key] : undefined;
  return Array.isArray(found) ? found : [];
};

const textAt = (value: unknown, key: string): string => String(isRecord(value) ? (value[key] ?? "") : "");

/** One record of the format: each of its metrics under each of its sets of dimensions. */
const putRecord = (store: MetricStore, record: Readonly<Record<string, unknown>>): void => {
  for (const directive of listAt(record._aws, "CloudWatchMetrics"))
    for (const metric of listAt(directive, "Metrics"))
      for (const names of listAt(directive, "Dimensions")) {
        const name = textAt(metric, "Name");
        const dimensions = (Array.isArray(names) ? names : []).map((key) => [key, textAt(record, key)]);
        const id = { namespace: textAt(directive, "Namespace"), name };
        store.put({ ...id, dimensions: Object.fromEntries(dimensions) }, Number(record[name]));
      }
};

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/**
 * Puts the metrics that functions write into their logs, as CloudWatch reads them there.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * @returns takes what a function has written; a line may come in pieces
 */
export const readEmbeddedMetrics = (store: MetricStore): ((source: string, text: string) => void) => {
  const rests = new Map<string, string>();
  return (source, text) => {
    const lines = `${rests.get(source) ?? ""}${text}`.split("\n");
    rests.set(source, lines.pop() ?? "");
    for (const line of lines.filter((each) => each.includes('"_aws"'))) {
      const record = parsed(line.slice(line.indexOf("{")));
      if (isRecord(record)) putRecord(store, record);
    }
  };
};
