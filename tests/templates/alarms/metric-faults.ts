import { asList, asMap, ofType, readTemplate, type Template, type Value } from "../read-template";
import { AWS_METRICS, DIMENSION_VALUES } from "./aws-metrics";
import { CODES, isEmitted } from "./own-metrics";

/** The namespace of the metrics that our functions write. */
export const OWN = "GitLabRunners";

export interface Dimension {
  readonly name: string;
  readonly value: Value;
}

/** A metric as an alarm or a widget asks CloudWatch for it. */
export interface AskedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

const same = (one: readonly string[], other: readonly string[]): boolean =>
  JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());

/** Why AWS has no metric of a name under just these dimensions. */
export const awsFaults = (namespace: string, name: string, dimensions: readonly string[]): string[] => {
  const sets = AWS_METRICS[namespace]?.metrics[name] ?? [];
  return sets.some((set) => same(set, dimensions))
    ? []
    : [`no metric of AWS has the dimensions ${dimensions}`];
};

/** Why no call in what ships writes a metric under just these dimensions. */
export const unwritten = (name: string, dimensions: readonly string[]): string[] =>
  isEmitted(name, dimensions) ? [] : [`nothing writes ${name} by ${dimensions}`];

const ownFaults = ({ name: metric, dimensions }: AskedMetric): readonly string[] => {
  const codes = dimensions
    .filter(({ name, value }) => typeof value === "string" && !CODES[`${metric} ${name}`]?.includes(value))
    .map(({ name, value }) => `${value} is no code of ${name}`);
  const names = dimensions.map(({ name }) => name);
  return [...unwritten(metric, names), ...codes];
};

const PUBLISHED = /\/infrastructure\/([a-z-]+)\}\}$/;

/** What Infrastructure gives the value of one of its parameters, of which a template keeps a copy; undefined: it is none. */
const published = (template: Template, value: Value): Value | undefined => {
  const [id, attribute] = asList(asMap(value)["Fn::GetAtt"]).map(String);
  const copy = template.resources.find((one) => one.id === id && one.type === "AWS::SSM::Parameter");
  const leaf = PUBLISHED.exec(String(asMap(copy?.properties.Value)["Fn::Sub"]))?.[1];
  if (leaf === undefined || attribute !== "Value") return undefined;
  return ofType(readTemplate("Infrastructure"), "AWS::SSM::Parameter").find(({ properties }) =>
    String(asMap(properties.Name)["Fn::Sub"]).endsWith(`/infrastructure/${leaf}`),
  )?.properties.Value;
};

/** The return value of a resource's type that CloudWatch knows the resource by. */
const valueFaults = (template: Template, dimension: Dimension): readonly string[] => {
  const inInfrastructure = published(template, dimension.value);
  if (inInfrastructure !== undefined)
    return valueFaults(readTemplate("Infrastructure"), { ...dimension, value: inInfrastructure });
  const { name, value } = dimension;
  const [type, attribute] = DIMENSION_VALUES[name] ?? [];
  if (type === undefined) return [];
  const [id, named] =
    attribute === "Ref"
      ? [String(asMap(value).Ref), "Ref"]
      : asList(asMap(value)["Fn::GetAtt"]).map((part) => String(part));
  const isOfType = ofType(template, type).some((one) => one.id === id);
  return isOfType && named === attribute ? [] : [`${name} is not ${attribute} of an ${type}`];
};

const nameOfRule = (id: string): Value => ({
  "Fn::Select": [2, { "Fn::Split": ["/", { "Fn::GetAtt": [id, "Arn"] }] }],
});

/** Ref of a rule on a bus of one's own is `<bus>|<name>`; its ARN is `…:rule/<bus>/<name>`. */
const ruleFaults = (template: Template, { dimensions }: AskedMetric): readonly string[] => {
  const value = dimensions.find(({ name }) => name === "RuleName")?.value;
  if (value === undefined) return [];
  const rules = ofType(template, "AWS::Events::Rule");
  const rule = rules.find(({ id }) => JSON.stringify(value) === JSON.stringify(nameOfRule(id)));
  if (rule === undefined) return ["RuleName is not the name in the ARN of a rule on the bus"];
  return asList(rule.properties.Targets).length > 0 ? [] : [`${rule.id} has no target`];
};

/** Why CloudWatch never has data for what a template's alarm or widget asks for. */
export const metricFaults = (template: Template, metric: AskedMetric): readonly string[] => [
  ...(metric.namespace === OWN
    ? ownFaults(metric)
    : awsFaults(
        metric.namespace,
        metric.name,
        metric.dimensions.map(({ name }) => name),
      )),
  ...metric.dimensions.flatMap((dimension) => valueFaults(template, dimension)),
  ...ruleFaults(template, metric),
];
