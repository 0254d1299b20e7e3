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

/**
 * Under which of its dimensions a metric is counted. CloudWatch keeps a metric for each set.
 * `apart`: under every first part of the names, so that a total needs no adding up. `together`: under all of them alone, for a
 * level of which there are several at a time, where the largest says nothing of their sum.
 */
export type CountedUnder = "apart" | "together";

const dimensionSets = (names: readonly string[], counted: CountedUnder): readonly (readonly string[])[] =>
  names.length === 0 || counted === "together" ? [names] : names.map((_, index) => names.slice(0, index + 1));

/** CloudWatch's unit of a metric, which its name ends with; it has none for money. Whatever names none is a number of things. */
export const unitOf = (name: string): string => {
  if (name.endsWith("Usd")) return "None";
  return ["Milliseconds", "Seconds", "Percent"].find((unit) => name.endsWith(unit)) ?? "Count";
};

/**
 * A CloudWatch metric in the embedded metric format: a log line, no API call. With dimensions `{ a, b }` it is
 * counted under `a` and under `a, b`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const metric = (
  name: string,
  value = 1,
  dimensions: Readonly<Record<string, string>> = {},
  counted: CountedUnder = "apart",
): void => {
  const record = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: "GitLabRunners",
          Dimensions: dimensionSets(Object.keys(dimensions), counted),
          Metrics: [{ Name: name, Unit: unitOf(name) }],
        },
      ],
    },
    ...dimensions,
    [name]: value,
  };
  write(record);
};

/** Puts a metric of one deployment. */
export type DeploymentMetric = (
  name: string,
  value?: number,
  dimensions?: Readonly<Record<string, string>>,
  counted?: CountedUnder,
) => void;

/**
 * The metrics of one deployment: two in one account do not raise each other's alarms.
 *
 * @param deploymentId value of the dimension `Deployment`, which comes first
 */
export const deploymentMetric =
  (deploymentId: string): DeploymentMetric =>
  (name, value = 1, dimensions = {}, counted = "apart") =>
    metric(name, value, { Deployment: deploymentId, ...dimensions }, counted);
