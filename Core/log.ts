import { safeJson } from "./safe-text";

type Fields = Record<string, string | number | boolean | null | undefined | readonly (string | number)[]>;

/** One JSON object a line on stdout, safe to show to whoever reads logs in a terminal. */
const write = (record: object): void => {
  process.stdout.write(`${safeJson(JSON.stringify(record))}\n`);
};

const line = (level: string, code: string, fields: Fields): void =>
  write({ level, code, time: new Date().toISOString(), ...fields });

/**
 * Structured log. `code` is stable and in UPPER_SNAKE; fields are chosen one by one. Never pass a token, a
 * header or a whole event.
 */
export const log = {
  info: (code: string, fields: Fields = {}): void => line("INFO", code, fields),
  warn: (code: string, fields: Fields = {}): void => line("WARN", code, fields),
  error: (code: string, fields: Fields = {}): void => line("ERROR", code, fields),
};

/** Every first part of the names: CloudWatch keeps a metric for each, so that a total needs no adding up. */
const dimensionSets = (names: readonly string[]): readonly (readonly string[])[] =>
  names.length === 0 ? [[]] : names.map((_, index) => names.slice(0, index + 1));

/** CloudWatch's unit of a metric, which its name ends with. Whatever names none is a number of things. */
const unitOf = (name: string): string =>
  ["Milliseconds", "Seconds"].find((unit) => name.endsWith(unit)) ?? "Count";

/**
 * A CloudWatch metric in the embedded metric format: a log line, no API call. With dimensions `{ a, b }` it is
 * counted under `a` and under `a, b`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const metric = (name: string, value = 1, dimensions: Record<string, string> = {}): void => {
  const record = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: "GitLabRunners",
          Dimensions: dimensionSets(Object.keys(dimensions)),
          Metrics: [{ Name: name, Unit: unitOf(name) }],
        },
      ],
    },
    ...dimensions,
    [name]: value,
  };
  write(record);
};

/**
 * The metrics of one deployment: two in one account do not raise each other's alarms.
 *
 * @param deploymentId value of the dimension `Deployment`, which comes first
 */
export const deploymentMetric =
  (deploymentId: string) =>
  (name: string, value = 1, dimensions: Readonly<Record<string, string>> = {}): void =>
    metric(name, value, { Deployment: deploymentId, ...dimensions });
