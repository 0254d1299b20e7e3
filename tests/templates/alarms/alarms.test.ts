import {
  asList,
  asMap,
  ofType,
  type Properties,
  parseTemplate,
  readTemplate,
  STACKS,
  type Template,
} from "../read-template";
import { AWS_METRICS } from "./aws-metrics";
import { type AskedMetric, metricFaults } from "./metric-faults";
import { emittedMetrics, metricCalls } from "./own-metrics";
import { expressionOf, type WatchedMetric, watchedMetrics } from "./watched";

const asked = ({ namespace, name, dimensions }: WatchedMetric): AskedMetric => ({
  namespace,
  name,
  dimensions: asList(dimensions ?? undefined)
    .map(asMap)
    .map(({ Name, Value: value }) => ({ name: String(Name), value: value ?? null })),
});

/** CloudWatch says nothing of a name in an expression that no metric of the alarm has. */
const expressionFaults = (properties: Properties): readonly string[] => {
  const known = watchedMetrics(properties).map(({ id }) => id);
  const named = expressionOf(properties)?.match(/\b[a-z]\w*\b/g) ?? [];
  return named.filter((name) => !known.includes(name)).map((name) => `the expression's ${name} is no metric`);
};

const faults = (template: Template): readonly string[] =>
  ofType(template, "AWS::CloudWatch::Alarm").flatMap(({ id, properties }) =>
    [
      ...watchedMetrics(properties).flatMap((metric) => metricFaults(template, asked(metric))),
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
  expect(emittedMetrics()).toHaveLength(metricCalls());
});

it.each(Object.entries(AWS_METRICS))("S-28: %s has its source", (_, { source }) => {
  expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/\S+\.html$/);
});
