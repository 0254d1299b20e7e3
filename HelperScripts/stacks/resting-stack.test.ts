import { restingStack } from "./resting-stack";

const stack = (resources: string): string => `
Globals: { Function: { MemorySize: 512, Tracing: Active } }
Resources:
${resources
  .split("\n")
  .map((line) => `  ${line}`)
  .join("\n")}`;

it("counts what schedules call, by rules and by events, with the function's own settings over the template's", () => {
  const { scheduled } = restingStack(
    stack(`F: { Type: AWS::Serverless::Function, Properties: { Tracing: PassThrough } }
G: { Type: AWS::Serverless::Function, Properties: { MemorySize: 256, Events: { Hourly: { Type: Schedule, Properties: { Schedule: rate(1 hour) } } } } }
R: { Type: AWS::Events::Rule, Properties: { ScheduleExpression: rate(10 minutes), Targets: [{ Id: f, Arn: !GetAtt F.Arn }] } }
P: { Type: AWS::Events::Rule, Properties: { EventPattern: { source: [x] }, Targets: [{ Id: f, Arn: !GetAtt F.Arn }] } }`),
  );
  expect(scheduled).toEqual([
    { id: "F", calls: 4_320, memoryMiB: 512, isTraced: false },
    { id: "G", calls: 720, memoryMiB: 256, isTraced: true },
  ]);
});

it("counts metrics that alarms watch: one on an expression watches each that it reads", () => {
  const { alarms, dashboards, scheduled } = restingStack(
    stack(`A: { Type: AWS::CloudWatch::Alarm, Properties: { MetricName: x } }
B: { Type: AWS::CloudWatch::Alarm, Properties: { Metrics: [{ Id: e, Expression: m / n }, { Id: m, MetricStat: { Stat: Sum } }, { Id: n, MetricStat: { Stat: Sum } }] } }
D: { Type: AWS::CloudWatch::Dashboard }`),
  );
  expect({ alarms, dashboards, scheduled }).toEqual({ alarms: 3, dashboards: 1, scheduled: [] });
});

it.each(["cron(0 0 * * ? *)", "rate(0 minutes)", "rate(1 week)"])(
  "refuses the schedule %s, which it cannot count",
  (schedule) => {
    const rule = `R: { Type: AWS::Events::Rule, Properties: { ScheduleExpression: ${schedule}, Targets: [{ Arn: !GetAtt F.Arn }] } }`;
    expect(() => restingStack(stack(rule))).toThrow(`${schedule} cannot be counted`);
  },
);
