import type { RUNNER_END_CODES } from "../../../Core/model/reasons";
import { asList, asMap, ofType, type Properties, readTemplate } from "../read-template";
import { type Datum, evaluate } from "./metric-math";
import { expressionOf, watchedMetrics } from "./watched";

const alarms = new Map(
  ofType(readTemplate("AutoScaler"), "AWS::CloudWatch::Alarm").map(({ id, properties }) => [id, properties]),
);
const alarm = (id: string): Properties => asMap(alarms.get(id));

/** The name of the expression that an alarm watches. */
const nameOf = (id: string): string =>
  String(
    asList(alarm(id).Metrics)
      .map(asMap)
      .find(({ ReturnData }) => ReturnData === true)?.Id,
  );

/** When an alarm rings: what is compared with what, and for how long. */
const when = (id: string): string => {
  const { ComparisonOperator, Threshold, EvaluationPeriods, DatapointsToAlarm, TreatMissingData } = alarm(id);
  const [metric] = watchedMetrics(alarm(id));
  const [value, of] =
    expressionOf(alarm(id)) === undefined ? [metric?.statistic, metric?.name] : [nameOf(id), ""];
  const sign = ComparisonOperator === "LessThanThreshold" ? "<" : ">=";
  const periods = `${DatapointsToAlarm ?? EvaluationPeriods} of ${EvaluationPeriods} x ${metric?.periodSeconds} s`;
  return [value, of, sign, Threshold, "in", periods, TreatMissingData].filter(Boolean).join(" ");
};

/** Each alarm, when it rings, and why then and not earlier or later. */
const THRESHOLDS: readonly (readonly [id: string, when: string, why: string])[] = [
  [
    "DlqMessagesAlarm",
    "Maximum ApproximateNumberOfMessagesVisible >= 1 in 1 of 1 x 300 s notBreaching",
    "each message is an event that was given up",
  ],
  [
    "OldDlqMessagesAlarm",
    "Maximum ApproximateAgeOfOldestMessage >= 86400 in 1 of 1 x 300 s notBreaching",
    "whoever is on duty has had a day; after fourteen the message is gone",
  ],
  [
    "StartRunnerFailuresAlarm",
    "Sum ExecutionsFailed >= 1 in 1 of 1 x 300 s notBreaching",
    "an execution fails after all its retries",
  ],
  [
    "StartRunnerTimeOutsAlarm",
    "Sum ExecutionsTimedOut >= 1 in 1 of 1 x 300 s notBreaching",
    "five minutes are far beyond a start's work",
  ],
  [
    "StopRunnerFailuresAlarm",
    "Sum ExecutionsFailed >= 1 in 1 of 1 x 300 s notBreaching",
    "an execution fails after all its retries",
  ],
  [
    "StopRunnerTimeOutsAlarm",
    "Sum ExecutionsTimedOut >= 1 in 1 of 1 x 300 s notBreaching",
    "five minutes are far beyond an end's work",
  ],
  [
    "PickUpErrorsAlarm",
    "Sum Errors >= 1 in 1 of 1 x 300 s notBreaching",
    "a second job may come to the runner",
  ],
  [
    "ReconcilerErrorsAlarm",
    "Sum Errors >= 1 in 3 of 5 x 60 s notBreaching",
    "one failed pass is made up for by the next",
  ],
  [
    "ReconcilerPartAlarm",
    "Sum ReconcilerFailures >= 1 in 15 of 20 x 60 s notBreaching",
    "ten minutes without GitLab are no news",
  ],
  [
    "ReconcilerMissingAlarm",
    "completed < 1 in 1 of 1 x 300 s breaching",
    "five passes in a row came to no end, or were not begun",
  ],
  [
    "LambdaThrottlesAlarm",
    "Sum Throttles >= 1 in 1 of 1 x 300 s notBreaching",
    "the account has no room left",
  ],
  [
    "UnmatchedEventsAlarm",
    "Sum MatchedEvents >= 10 in 1 of 1 x 300 s notBreaching",
    "a test event or two from GitLab's settings are no fault",
  ],
  [
    "BudgetsAlarm",
    "Maximum BudgetsNearlySpent >= 1 in 1 of 1 x 1800 s notBreaching",
    "a fifth is left, to raise the budget or to look what it goes for",
  ],
  ["JobsFailedAlarm", "Sum JobsFailed >= 1 in 1 of 1 x 300 s notBreaching", "a person waits for the job"],
  [
    "JobsFoundByReconcilerAlarm",
    "share >= 20 in 1 of 1 x 900 s notBreaching",
    "with its webhook switched off every job is found: in steady traffic a fifth of a quarter of an hour's after three minutes",
  ],
  [
    "OldestWaitingAlarm",
    "Maximum OldestWaitingSeconds >= 900 in 5 of 5 x 60 s notBreaching",
    "a job waits a quarter of an hour longer than it need",
  ],
  [
    "QueueObjectiveFastAlarm",
    "burn >= 5 in 1 of 1 x 3600 s notBreaching",
    "at that rate a month's allowance is used up in six days",
  ],
  [
    "QueueObjectiveSlowAlarm",
    "burn >= 2 in 1 of 1 x 21600 s notBreaching",
    "at that rate a month's allowance is used up in a fortnight, and no peak of an hour explains it",
  ],
  [
    "RunnersNeverContactedAlarm",
    "Sum RunnersLost >= 1 in 1 of 1 x 300 s notBreaching",
    "no runner of a sound network does so",
  ],
  ["RunnersCrashedAlarm", "Sum RunnersLost >= 1 in 1 of 1 x 300 s notBreaching", "a job was lost"],
  [
    "SpotInterruptionsAlarm",
    "Sum RunnersLost >= 5 in 1 of 1 x 3600 s notBreaching",
    "a pool rests after two, so that five in an hour are of three pools",
  ],
  [
    "RebalanceRecommendationsAlarm",
    "Sum RunnersLost >= 5 in 1 of 1 x 3600 s notBreaching",
    "as with interruptions, which they foretell",
  ],
  ["InstancesTerminatedAlarm", "Sum RunnersLost >= 1 in 1 of 1 x 300 s notBreaching", "a job was lost"],
  ["InstancesStoppedAlarm", "Sum RunnersLost >= 1 in 1 of 1 x 300 s notBreaching", "a job was lost"],
  ["LifetimeReachedAlarm", "Sum RunnersLost >= 1 in 1 of 1 x 300 s notBreaching", "a job was cut off"],
  [
    "LaunchLimitAlarm",
    "Sum LaunchesRefused >= 1 in 1 of 1 x 300 s notBreaching",
    "only a person can raise a quota",
  ],
];

it.each(THRESHOLDS)("I-1: %s rings after %s, since %s", (id, expected) => {
  expect(when(id)).toBe(expected);
});

it("I-1: every alarm of AutoScaler has its reason here", () => {
  expect([...alarms.keys()].sort()).toEqual(THRESHOLDS.map(([id]) => id).sort());
});

describe("the share of jobs that came without a webhook", () => {
  const { Threshold, TreatMissingData } = alarm("JobsFoundByReconcilerAlarm");
  const rings = (found: Datum, seen: Datum): boolean => {
    const share = evaluate(expressionOf(alarm("JobsFoundByReconcilerAlarm")) ?? "", { found, seen });
    return share === undefined ? TreatMissingData === "breaching" : share >= Number(Threshold);
  };

  it.each([
    ["none was found", 0, 0, false],
    ["none of many was", 0, 500, false],
    ["one webhook was lost by chance, of few", 1, 1, false],
    ["a few of many were", 5, 500, false],
    ["a fifth of many were", 100, 500, true],
    ["all of few were", 2, 2, true],
    ["half of many were", 20, 40, true],
    ["their starts come in the next quarter", 6, 0, true],
    ["no start is counted at all, and some were found", 6, undefined, true],
    ["starts are counted, and no pass is", undefined, 500, false],
    ["nothing is counted", undefined, undefined, false],
  ])("F-1: when %s: %s of %s", (_, found, seen, expected) => {
    expect(rings(found, seen)).toBe(expected);
  });

  it("F-1: is that of jobs found to all jobs seen, of this deployment", () => {
    const dimensions = [{ Name: "Deployment", Value: { "Fn::GetAtt": ["DeploymentIdParameter", "Value"] } }];
    const metric = { namespace: "GitLabRunners", dimensions, statistic: "Sum", periodSeconds: 900 };
    expect(watchedMetrics(alarm("JobsFoundByReconcilerAlarm"))).toEqual([
      { id: "found", name: "JobsFoundByReconciler", ...metric },
      { id: "seen", name: "JobsSeen", ...metric },
    ]);
  });
});

describe("the alarm on missing passes", () => {
  const { Threshold, TreatMissingData } = alarm("ReconcilerMissingAlarm");
  const rings = (invocations: Datum, errors: Datum): boolean => {
    const completed = evaluate(expressionOf(alarm("ReconcilerMissingAlarm")) ?? "", { invocations, errors });
    return completed === undefined ? TreatMissingData === "breaching" : completed < Number(Threshold);
  };

  it.each([
    ["all five came to their end", 5, 0, false],
    ["one of five did", 5, 4, false],
    ["none of five did", 5, 5, true],
    ["none was begun", undefined, undefined, true],
  ])("F-50: where %s", (_, invocations, errors, expected) => {
    expect(rings(invocations, errors)).toBe(expected);
  });

  it("F-50: counts the reconciler's alone", () => {
    const dimensions = [{ Name: "FunctionName", Value: { Ref: "ReconcilerFunction" } }];
    const metric = { namespace: "AWS/Lambda", dimensions, statistic: "Sum", periodSeconds: 300 };
    expect(watchedMetrics(alarm("ReconcilerMissingAlarm"))).toEqual([
      { id: "invocations", name: "Invocations", ...metric },
      { id: "errors", name: "Errors", ...metric },
    ]);
  });
});

describe.each([
  ["QueueObjectiveFastAlarm", 3_600],
  ["QueueObjectiveSlowAlarm", 21_600],
])("the burn rate of %s", (id, periodSeconds) => {
  /** Of 95 percent within a time: a twentieth of a miss is allowed for each job. */
  const burn = (jobs: Datum, missed: Datum): Datum =>
    evaluate(expressionOf(alarm(id)) ?? "", { missed, allowed: jobs === undefined ? undefined : jobs / 20 });

  it.each([
    ["nobody has set an objective", undefined, undefined, undefined],
    ["all are in time", 100, 0, 0],
    ["as many miss as may", 100, 5, 1],
    ["few miss, of few", 4, 4, 0],
    ["a quarter misses", 100, 25, 5],
    ["a tenth misses", 100, 10, 2],
    ["all miss", 100, 100, 20],
  ])("I-47: where %s: %s jobs, %s missed", (_, jobs, missed, expected) => {
    expect(burn(jobs, missed)).toBe(expected);
  });

  it("I-47: is that of all jobs of this deployment", () => {
    const dimensions = [{ Name: "Deployment", Value: { "Fn::GetAtt": ["DeploymentIdParameter", "Value"] } }];
    const metric = { namespace: "GitLabRunners", dimensions, statistic: "Sum", periodSeconds };
    expect(watchedMetrics(alarm(id))).toEqual([
      { id: "missed", name: "QueueObjectiveMissed", ...metric },
      { id: "allowed", name: "QueueObjectiveAllowed", ...metric },
    ]);
  });
});

/** What a runner may end by that nobody asked for, and that costs a job or its time. */
const UNASKED = [
  "instance-stopped",
  "instance-terminated",
  "lifetime-reached",
  "never-contacted",
  "rebalance-recommendation",
  "runner-crashed",
  "spot-interruption",
] as const satisfies readonly (typeof RUNNER_END_CODES)[number][];

it("F-37 F-38: each end that nobody asked for has an alarm of its own", () => {
  const reasons = [...alarms.values()]
    .flatMap(watchedMetrics)
    .filter(({ name }) => name === "RunnersLost")
    .flatMap(({ dimensions }) => asList(dimensions).map(asMap))
    .filter(({ Name }) => Name === "reason")
    .map(({ Value }) => Value);
  expect(reasons.sort()).toEqual(UNASKED);
});
