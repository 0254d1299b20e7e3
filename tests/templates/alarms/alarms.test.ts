import {
  asList,
  asMap,
  ofType,
  type Properties,
  parseTemplate,
  readTemplate,
  STACKS,
  type Template,
  type Value,
} from "../read-template";
import { AWS_METRICS, DIMENSION_VALUES } from "./aws-metrics";
import { CODES, emittedMetrics, metricCalls } from "./own-metrics";
import { expressionOf, type WatchedMetric, watchedMetrics } from "./watched";

const OWN = "GitLabRunners";

interface Dimension {
  readonly name: string;
  readonly value: Value;
}

const dimensionsOf = ({ dimensions }: WatchedMetric): readonly Dimension[] =>
  asList(dimensions ?? undefined)
    .map(asMap)
    .map(({ Name, Value: value }) => ({ name: String(Name), value: value ?? null }));

const same = (one: readonly string[], other: readonly string[]): boolean =>
  JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());

const awsFaults = (metric: WatchedMetric): readonly string[] => {
  const sets = AWS_METRICS[metric.namespace]?.metrics[metric.name] ?? [];
  const names = dimensionsOf(metric).map(({ name }) => name);
  return sets.some((set) => same(set, names)) ? [] : [`no metric of AWS has the dimensions ${names}`];
};

const emitted = emittedMetrics();

/** The first dimensions of a call, in its order, are counted too (Core/log.ts). */
const ownFaults = (watched: WatchedMetric): readonly string[] => {
  const metric = watched.name;
  const dimensions = dimensionsOf(watched);
  const names = dimensions.map(({ name }) => name);
  const isWritten = emitted.some(
    (one) =>
      one.name === metric && names.length > 0 && names.every((name, index) => one.dimensions[index] === name),
  );
  const codes = dimensions
    .filter(({ name, value }) => typeof value === "string" && !CODES[`${metric} ${name}`]?.includes(value))
    .map(({ name, value }) => `${value} is no code of ${name}`);
  return [...(isWritten ? [] : [`nothing writes ${metric} by ${names}`]), ...codes];
};

/** The return value of a resource's type that CloudWatch knows the resource by. */
const valueFaults = (template: Template, { name, value }: Dimension): readonly string[] => {
  const [type, attribute] = DIMENSION_VALUES[name] ?? [];
  if (type === undefined) return [];
  const [id, named] =
    attribute === "Ref"
      ? [String(asMap(value).Ref), "Ref"]
      : asList(asMap(value)["Fn::GetAtt"]).map((part) => String(part));
  const isOfType = ofType(template, type).some((resource) => resource.id === id);
  return isOfType && named === attribute ? [] : [`${name} is not ${attribute} of an ${type}`];
};

const nameOfRule = (id: string): Value => ({
  "Fn::Select": [2, { "Fn::Split": ["/", { "Fn::GetAtt": [id, "Arn"] }] }],
});

/** Ref of a rule on a bus of one's own is `<bus>|<name>`; its ARN is `…:rule/<bus>/<name>`. */
const ruleFaults = (template: Template, metric: WatchedMetric): readonly string[] => {
  const value = dimensionsOf(metric).find(({ name }) => name === "RuleName")?.value;
  if (value === undefined) return [];
  const rules = ofType(template, "AWS::Events::Rule");
  const rule = rules.find(({ id }) => JSON.stringify(value) === JSON.stringify(nameOfRule(id)));
  if (rule === undefined) return ["RuleName is not the name in the ARN of a rule on the bus"];
  return asList(rule.properties.Targets).length > 0 ? [] : [`${rule.id} has no target`];
};

const metricFaults = (template: Template, metric: WatchedMetric): readonly string[] => [
  ...(metric.namespace === OWN ? ownFaults(metric) : awsFaults(metric)),
  ...dimensionsOf(metric).flatMap((dimension) => valueFaults(template, dimension)),
  ...ruleFaults(template, metric),
];

/** CloudWatch says nothing of a name in an expression that no metric of the alarm has. */
const expressionFaults = (properties: Properties): readonly string[] => {
  const known = watchedMetrics(properties).map(({ id }) => id);
  const named = expressionOf(properties)?.match(/\b[a-z]\w*\b/g) ?? [];
  return named.filter((name) => !known.includes(name)).map((name) => `the expression's ${name} is no metric`);
};

const faults = (template: Template): readonly string[] =>
  ofType(template, "AWS::CloudWatch::Alarm").flatMap(({ id, properties }) =>
    [
      ...watchedMetrics(properties).flatMap((metric) => metricFaults(template, metric)),
      ...expressionFaults(properties),
    ].map((fault) => `${id}: ${fault}`),
  );

it.each(STACKS)(
  "S-28: every alarm of %s watches a metric that somebody emits, by its dimensions",
  (stack) => {
    expect(faults(readTemplate(stack))).toEqual([]);
  },
);

const BAD = [
  "Namespace: AWS/Lambda, MetricName: Error, Dimensions: [{ Name: FunctionName, Value: !Ref F }]",
  "Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{ Name: Function, Value: !Ref F }]",
  "Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{ Name: FunctionName, Value: !GetAtt F.Arn }]",
  "Namespace: AWS/SQS, MetricName: ApproximateNumberOfMessagesVisible, Dimensions: [{ Name: QueueName, Value: !Ref Q }]",
  "Namespace: AWS/Events, MetricName: MatchedEvents, Dimensions: [{ Name: EventBusName, Value: b }, { Name: RuleName, Value: !Ref R }]",
  "Namespace: AWS/Events, MetricName: MatchedEvents, Dimensions: [{ Name: EventBusName, Value: b }, { Name: RuleName, Value: !Select [2, !Split [/, !GetAtt R.Arn]] }]",
  "Namespace: GitLabRunners, MetricName: JobsFaild, Dimensions: [{ Name: Deployment, Value: !Ref D }]",
  "Namespace: GitLabRunners, MetricName: JobsFailed",
  "Namespace: GitLabRunners, MetricName: RunnersLost, Dimensions: [{ Name: reason, Value: runner-crashed }]",
  "Namespace: GitLabRunners, MetricName: RunnersLost, Dimensions: [{ Name: Deployment, Value: !Ref D }, { Name: reason, Value: crashed }]",
  "Metrics: [{ Id: a, MetricStat: { Metric: { Namespace: GitLabRunners, MetricName: JobsSen, Dimensions: [{ Name: Deployment, Value: !Ref D }] } } }]",
  "Metrics: [{ Id: b, Expression: 2 * a, ReturnData: true }]",
];

it.each(BAD)("S-27: and refuses { %s }", (properties) => {
  const resources = [
    "F: { Type: AWS::Serverless::Function }",
    "Q: { Type: AWS::SQS::Queue }",
    "R: { Type: AWS::Events::Rule, Properties: { EventBusName: b } }",
    `A: { Type: AWS::CloudWatch::Alarm, Properties: { ${properties} } }`,
  ];
  expect(faults(parseTemplate(`Resources: { ${resources.join(", ")} }`))).toHaveLength(1);
});

it("S-28: reads each call that writes a metric", () => {
  // deploymentMetric's own definition is in Core, which is not read.
  expect(emitted).toHaveLength(metricCalls());
});

it.each(Object.entries(AWS_METRICS))("S-28: %s has its source", (_, { source }) => {
  expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/\S+\.html$/);
});
