import { ofType, type Properties, readTemplate, resource, STACKS } from "../read-template";
import { resolve } from "../resolve";

/** One value for each minute; undefined: no data. */
type Minutes = readonly (number | undefined)[];

const STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Maximum: (values) => Math.max(...values),
};

const chunks = (minutes: Minutes, size: number): readonly Minutes[] =>
  Array.from({ length: Math.floor(minutes.length / size) }, (_, index) =>
    minutes.slice(index * size, (index + 1) * size),
  );

/** Whether an alarm rings at the end of some minutes, as CloudWatch evaluates it. */
const rings = (alarm: Properties, minutes: Minutes): boolean => {
  const statistic = STATISTICS[String(alarm.Statistic)];
  if (statistic === undefined || alarm.ComparisonOperator !== "GreaterThanOrEqualToThreshold") {
    throw new Error(`${alarm.Statistic} and ${alarm.ComparisonOperator} are not known here`);
  }
  const periods = chunks(minutes, Number(alarm.Period) / 60).slice(-Number(alarm.EvaluationPeriods));
  const breaching = periods.filter((period) => {
    const values = period.filter((value) => value !== undefined);
    return values.length === 0
      ? alarm.TreatMissingData === "breaching"
      : statistic(values) >= Number(alarm.Threshold);
  });
  return breaching.length >= Number(alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods);
};

const NONE: Minutes = Array<undefined>(60).fill(undefined);
const atTheEnd = (...minutes: Minutes): Minutes => [...NONE, ...minutes];

/** Of the stacks beside AutoScaler: the least that rings within five minutes, and the most that does not. */
const EXAMPLES: Readonly<Record<string, readonly [rings: Minutes, silent: Minutes]>> = {
  // Somebody mistyped a secret once, or scans the address: GitLab sends twenty within minutes.
  WebhookRefusalsAlarm: [
    [4, 4, 4, 4, 4],
    [4, 4, 4, 4, 3],
  ],
  SignedWebhookRefusalsAlarm: [
    [4, 4, 4, 4, 4],
    [4, 4, 4, 4, 3],
  ],
};
/** Whatever else they watch should never happen. */
const ONCE: readonly [Minutes, Minutes] = [
  [0, 0, 0, 0, 1],
  [0, 0, 0, 0, 0],
];

describe.each(["Infrastructure", "LambdaShellRunner"])("the alarms of %s", (stack) => {
  const alarms = ofType(readTemplate(stack), "AWS::CloudWatch::Alarm");

  it.each(alarms)(
    "S-13: $id rings at the least that needs a person, and at no less",
    ({ id, properties }) => {
      const [least, most] = EXAMPLES[id] ?? ONCE;
      expect([rings(properties, atTheEnd(...least)), rings(properties, atTheEnd(...most))]).toEqual([
        true,
        false,
      ]);
    },
  );

  it.each(alarms)("S-13: $id is silent while nothing happens", ({ properties }) => {
    expect(rings(properties, NONE)).toBe(false);
  });
});

it.each([
  ["Infrastructure", { Ref: "AlarmTopic" }],
  ["LambdaShellRunner", { "Fn::GetAtt": ["AlarmTopicArnParameter", "Value"] }],
  ["AutoScaler", { "Fn::GetAtt": ["AlarmTopicArnParameter", "Value"] }],
])("S-13: every alarm of %s notifies Infrastructure's topic", (stack, topic) => {
  const actions = ofType(readTemplate(stack), "AWS::CloudWatch::Alarm").map(
    ({ properties }) => properties.AlarmActions,
  );
  expect(actions).toEqual(actions.map(() => [topic]));
});

it("S-13: the topic is published for the other stacks", () => {
  const infrastructure = readTemplate("Infrastructure");
  expect(resource(infrastructure, "AlarmTopicArnParameter").properties.Value).toEqual({ Ref: "AlarmTopic" });
  expect(resolve(infrastructure, { Ref: "AlarmTopic" })).toMatch(/^arn:aws:sns:/);
});

it("S-13: every example is of an alarm", () => {
  const ids = STACKS.flatMap((stack) => ofType(readTemplate(stack), "AWS::CloudWatch::Alarm")).map(
    ({ id }) => id,
  );
  expect(Object.keys(EXAMPLES).filter((id) => !ids.includes(id))).toEqual([]);
});

it("S-13: no alarm has its actions switched off", () => {
  const off = STACKS.flatMap((stack) => ofType(readTemplate(stack), "AWS::CloudWatch::Alarm")).filter(
    ({ properties }) => properties.ActionsEnabled !== undefined,
  );
  expect(off).toEqual([]);
});
