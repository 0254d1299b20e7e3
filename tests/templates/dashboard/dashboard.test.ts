import {
  asList,
  asMap,
  at,
  ofType,
  parseTemplate,
  readTemplate,
  resource,
  type Template,
  type Value,
} from "../read-template";
import { resolve } from "../resolve";
import { bodyOf, lineFaults, linesOf, widgetsOf } from "./widgets";

const template = readTemplate("AutoScaler");
const lines = linesOf(template);

it("S-28: every line of the dashboard is of a metric that somebody emits, by its dimensions, and of this deployment", () => {
  expect(lines.flatMap((line) => lineFaults(template, line))).toEqual([]);
});

/** As CloudFormation writes a reference in a text. */
const ref = (name: string): string => `\${${name}}`;
const DEPLOYMENT = ref("DeploymentIdParameter.Value");
const found = (name: string, dimensions: string, deployment = DEPLOYMENT): string =>
  JSON.stringify([
    {
      expression: `SEARCH('{GitLabRunners,${dimensions}} MetricName="${name}" Deployment="${deployment}"', 'Sum', 300)`,
    },
  ]);
const asked = (...parts: readonly string[]): string => JSON.stringify([...parts, { stat: "Sum" }]);

const BAD = [
  asked("GitLabRunners", "JobsSeem", "Deployment", DEPLOYMENT),
  asked("GitLabRunners", "JobsSeen"),
  asked("GitLabRunners", "JobsSeen", "Deployment", "runners"),
  asked("GitLabRunners", "RunnersOpen", "Deployment", DEPLOYMENT),
  asked("AWS/Lambda", "Errors", "Function", ref("F")),
  asked("AWS/Lambda", "Errors", "FunctionName", ref("F.Arn")),
  asked("AWS/ApiGateway", "4XXError", "ApiId", ref("F")),
  asked("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", ref("Q")),
  found("JobsFailed", "Deployment,code"),
  found("JobsFailed", "reason"),
  found("RunnersOpen", "Deployment,provider"),
  found("JobsFailed", "Deployment,reason", "runners"),
  JSON.stringify([{ expression: "SEARCH('JobsFailed', 'Sum', 300)" }]),
];

const withLine = (line: string): Template => {
  const body = `{ "widgets": [{ "properties": { "title": "T", "metrics": [${line}] } }] }`;
  return parseTemplate(
    JSON.stringify({
      Resources: {
        F: { Type: "AWS::Serverless::Function" },
        Q: { Type: "AWS::SQS::Queue" },
        OperationsDashboard: {
          Type: "AWS::CloudWatch::Dashboard",
          Properties: { DashboardBody: { "Fn::Sub": [body, {}] } },
        },
      },
    }),
  );
};

it.each(BAD)("S-27: and refuses %s", (line) => {
  const bad = withLine(line);
  expect(linesOf(bad).flatMap((one) => lineFaults(bad, one)).length).toBeGreaterThan(0);
});

it("S-28: adds no levels up: what is open or waits at two moments is not twice as much", () => {
  const isLevel = (name: string): boolean => /Open$|Percent$|^Waiting|^Oldest|Resting$|Visible$/.test(name);
  const levels = lines.filter(({ asked: { name } }) => isLevel(name));
  expect(new Set(levels.map(({ stat }) => stat))).toEqual(new Set(["Maximum"]));
});

it("shows what an operator asks for", () => {
  const shown = [...new Set(lines.map(({ widget, asked: { name } }) => `${widget}: ${name}`))];
  expect(shown).toEqual(
    expect.arrayContaining([
      "Jobs: JobsSeen",
      "Queue time: QueueSeconds",
      "Queue time by cause: WaitSeconds",
      "Runners by provider and state: RunnersOpen",
      "Limits in use: LimitUsedPercent",
      "Jobs without a runner, by code: JobsFailed",
      "Found by reconciliation: JobsFoundByReconciler",
      "Webhook answers: Count",
      "Webhook answers: 4xx",
      "Webhook answers: 5xx",
      "Cost of ended runners: RunnerCostUsd",
    ]),
  );
  expect(lines.filter(({ asked: { name } }) => name === "QueueSeconds").map(({ stat }) => stat)).toEqual([
    "p50",
    "p95",
    "p99",
  ]);
});

const resolved = (given: Readonly<Record<string, string>> = {}): Value => {
  const [dashboard] = ofType(template, "AWS::CloudWatch::Dashboard");
  return JSON.parse(String(resolve(template, dashboard?.properties.DashboardBody, given))) as Value;
};

const alarmsShown = (given: Readonly<Record<string, string>> = {}): readonly string[] =>
  asList(at(asMap(resolved(given)), "widgets", 0, "properties", "alarms")).map(String);

/** The last parts of the ARNs that the tests assume of other stacks' alarms. */
const OF_INFRASTRUCTURE = ["one", "two"];
const OF_LAMBDA_RUNNER = ["three"];

it.each([
  ["on", OF_INFRASTRUCTURE],
  ["with-lambda-runner", [...OF_INFRASTRUCTURE, ...OF_LAMBDA_RUNNER]],
])("%s: shows every alarm of AutoScaler, and those that %j stand for", (Dashboard, others) => {
  const own = ofType(template, "AWS::CloudWatch::Alarm").map(({ id }) => id.toLowerCase());
  const names = alarmsShown({ Dashboard }).map((arn) => arn.split(":").at(-1));
  expect(names).toHaveLength(own.length + others.length);
  expect(names.slice(0, others.length)).toEqual(others);
  for (const id of own) expect(names.some((name) => name?.endsWith(id))).toBe(true);
});

it.each(["Infrastructure", "LambdaShellRunner"])("%s publishes all of its alarms, and no other", (stack) => {
  const publisher = readTemplate(stack);
  const { properties } = resource(publisher, "AlarmArnsParameter");
  expect(at(properties, "Value", "Fn::Join", 1)).toEqual(
    ofType(publisher, "AWS::CloudWatch::Alarm").map(({ id }) => ({ "Fn::GetAtt": [id, "Arn"] })),
  );
});

it("leaves no reference in what CloudWatch gets", () => {
  expect(JSON.stringify(resolved())).not.toContain("$");
});

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const overlap = (one: Box, other: Box): boolean =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

it("has its widgets side by side in CloudWatch's 24 columns", () => {
  const boxes = widgetsOf(template).map(asMap) as unknown as readonly Box[];
  expect(boxes.filter(({ x, width }) => x + width > 24)).toEqual([]);
  const pairs = boxes.flatMap((one, index) => boxes.slice(index + 1).map((other) => [one, other] as const));
  expect(pairs.filter(([one, other]) => overlap(one, other))).toEqual([]);
});

it("is there unless a parameter says off", () => {
  const [dashboard] = ofType(template, "AWS::CloudWatch::Dashboard");
  const isMade = (given: Readonly<Record<string, string>>): Value =>
    resolve(template, template.conditions[String(dashboard?.attributes.Condition)], given);
  const values = asList(template.parameters.Dashboard?.AllowedValues).map(String);
  expect(values.map((Dashboard) => [Dashboard, isMade({ Dashboard })])).toEqual([
    ["on", true],
    ["with-lambda-runner", true],
    ["off", false],
  ]);
  expect(asMap(bodyOf(template)).periodOverride).toBe("inherit");
});
