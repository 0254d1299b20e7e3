import type { Time } from "../../../../Core/model/ledger";
import { evaluate } from "../../../templates/alarms/metric-math";
import { expressionOf, watchedMetrics } from "../../../templates/alarms/watched";
import {
  asList,
  asMap,
  ofType,
  type Properties,
  readTemplate,
  type Template,
} from "../../../templates/read-template";
import { resolve } from "../../../templates/resolve";
import { once } from "../once";
import { type Dimensions, type MetricName, type Metrics, MINUTE } from "./metrics";

interface Watched extends MetricName {
  readonly id: string;
  readonly statistic: string;
  readonly periodSeconds: number;
}

/** An alarm as its template has it. */
export interface Alarm {
  readonly id: string;
  readonly watched: readonly Watched[];
  readonly expression: string;
  readonly periodMilliseconds: number;
  readonly periods: number;
  readonly datapoints: number;
  readonly isBreaching: (value: number) => boolean;
  readonly isMissingBreaching: boolean;
}

const OPERATORS: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

const ONLY = "only";

const dimensionsOf = (list: Properties[string]): Dimensions =>
  Object.fromEntries(
    asList(list)
      .map(asMap)
      .map(({ Name, Value }) => [String(Name), String(Value)]),
  );

const alarmOf = (id: string, properties: Properties): Alarm => {
  const watched = watchedMetrics(properties).map(({ id: name = ONLY, dimensions, ...metric }) => ({
    ...metric,
    id: name,
    dimensions: dimensionsOf(dimensions),
  }));
  const compare = OPERATORS[String(properties.ComparisonOperator)];
  if (compare === undefined) throw new Error(`${id}: ${properties.ComparisonOperator} is not simulated`);
  const missing = String(properties.TreatMissingData ?? "missing");
  if (missing === "ignore") throw new Error(`${id}: alarms that ignore missing data are not simulated`);
  return {
    id,
    watched,
    expression: expressionOf(properties) ?? ONLY,
    periodMilliseconds: Math.max(...watched.map(({ periodSeconds }) => periodSeconds)) * 1_000,
    periods: Number(properties.EvaluationPeriods),
    datapoints: Number(properties.DatapointsToAlarm ?? properties.EvaluationPeriods),
    isBreaching: (value) => compare(value, Number(properties.Threshold)),
    isMissingBreaching: missing === "breaching",
  };
};

/** A template's alarms, with the parameters' defaults. */
export const alarmsOf = (template: Template): readonly Alarm[] =>
  ofType(template, "AWS::CloudWatch::Alarm").map(({ id, properties }) =>
    alarmOf(id, asMap(resolve(template, properties))),
  );

/** The alarms of a shipped stack. */
export const shippedAlarms = once((stack: "AutoScaler"): readonly Alarm[] => alarmsOf(readTemplate(stack)));

/** How CloudWatch names a resource of the stack in a dimension. */
export const referenceTo = once((id: string): string =>
  String(resolve(readTemplate("AutoScaler"), { Ref: id })),
);

/** The same of a resource's return value. */
export const attributeOf = (id: string, name: string): string =>
  String(resolve(readTemplate("AutoScaler"), { "Fn::GetAtt": [id, name] }));

const expressionValue = (alarm: Alarm, metrics: Metrics, from: Time, to: Time): number | undefined =>
  evaluate(
    alarm.expression,
    Object.fromEntries(
      alarm.watched.map(({ id, statistic, ...metric }) => [id, metrics.value(metric, statistic, from, to)]),
    ),
  );

/**
 * Whether an alarm rings at a whole minute. Its window ends there and slides on with each evaluation, every minute.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 */
export const isRinging = (alarm: Alarm, metrics: Metrics, now: Time): boolean => {
  let breaching = 0;
  for (let period = 0; period < alarm.periods; period += 1) {
    const to = now - period * alarm.periodMilliseconds;
    const value = expressionValue(alarm, metrics, to - alarm.periodMilliseconds, to);
    if (value === undefined ? alarm.isMissingBreaching : alarm.isBreaching(value)) breaching += 1;
  }
  return breaching >= alarm.datapoints;
};

const isSame = (one: MetricName, other: MetricName): boolean =>
  one.namespace === other.namespace &&
  one.name === other.name &&
  JSON.stringify(Object.entries(one.dimensions).sort()) ===
    JSON.stringify(Object.entries(other.dimensions).sort());

/** The shipped alarms on the metrics of one simulation. */
export class Alarms {
  constructor(
    readonly metrics: Metrics,
    readonly alarms: readonly Alarm[] = shippedAlarms("AutoScaler"),
  ) {}

  #named(id: string): Alarm {
    const found = this.alarms.find((alarm) => alarm.id === id);
    if (found === undefined) throw new Error(`The template has no alarm ${id}`);
    return found;
  }

  /** When an alarm first rings within a time; undefined: it does not. */
  ringsAt(id: string, from: Time, to: Time): Time | undefined {
    const alarm = this.#named(id);
    for (let now = Math.ceil(from / MINUTE) * MINUTE; now <= to; now += MINUTE)
      if (isRinging(alarm, this.metrics, now)) return now;
    return undefined;
  }

  /** The alarms that ring within a time. */
  ringing(from: Time, to: Time): readonly string[] {
    return this.alarms.map(({ id }) => id).filter((id) => this.ringsAt(id, from, to) !== undefined);
  }

  /** Whether an alarm that watches this metric by itself rings for what was counted at that time, a period later at most. */
  isHeard(metric: MetricName, at: Time): boolean {
    return this.alarms
      .filter(({ watched }) => watched.some((one) => isSame(one, metric)))
      .some((alarm) => {
        const until = at + alarm.periods * alarm.periodMilliseconds + MINUTE;
        return this.ringsAt(alarm.id, at, until) !== undefined;
      });
  }
}
