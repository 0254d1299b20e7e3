import { type BusEntry, EVENT_SOURCE, RUNNER_EVENT_TYPES } from "../../Core/events/bus-entry";
import { jobStartFailedEvent } from "../../Core/events/job-start-failed";
import { objectiveAlarmEvent } from "../../Core/events/objective-alarm";
import { ATTEMPT_FAILURE_CODES } from "../../Core/model/reasons";
import { WAIT_CAUSES, type WaitCause } from "../../Core/waiting/causes";
import { event, RULES } from "./bus-events";
import { patternMatches, transformedLines } from "./event-pattern";
import { asList, asMap, at, readTemplate, resource, type Value } from "./read-template";
import { resolve } from "./resolve";

/** What others are told: who may put it, and the mail that a rule makes of it. */

const autoScaler = readTemplate("AutoScaler");

/** The mail that a rule makes of an event. */
const mailOf = (rule: string, { DetailType, Detail }: BusEntry): readonly string[] => {
  const target = asList(resource(autoScaler, rule).properties.Targets)[0];
  const transformer = asMap(resolve(autoScaler, at(target, "InputTransformer")));
  return transformedLines(transformer, event(EVENT_SOURCE, DetailType, JSON.parse(Detail) as Value));
};

const mail = (reason: (typeof ATTEMPT_FAILURE_CODES)[number]): readonly string[] => {
  const failed = { jobId: 3_580_121_225, projectId: 42, attempt: 3, reason, isFinal: true };
  return mailOf("JobStartFailedRule", jobStartFailedEvent("gitlab-runners-infrastructure", failed));
};

const ringing = (cause: WaitCause): readonly string[] => {
  const miss = { since: "2026-11-30", jobs: 80, missed: 12, cause, ofCause: 8, class: "EC2#big" };
  return mailOf("QueueObjectiveCauseRule", objectiveAlarmEvent("gitlab-runners-infrastructure", miss));
};

it("writes to people which job gets no runner, why, what to do, and where more stands", () => {
  const lines = mail("function-missing").join("\n");
  expect(lines).toContain("GitLab job 3580121225 of project 42 gets no runner");
  expect(lines).toContain("its Lambda function is not there (function-missing)");
  expect(lines).toContain("What to do: Deploy the function");
  expect(lines).toContain("npx runners start 3580121225 --again");
  expect(lines).toContain("https://docs.example.com/runbook.md#jobs-without-a-runner");
});

it("I-47: writes to people what most of the jobs that missed the objective waited for, what to do, and where more stands", () => {
  const lines = ringing("slot").join("\n");
  expect(lines).toContain("12 of 80 jobs that began since 2026-11-30 (UTC) missed the queue-time objective");
  expect(lines).toContain("8 of them waited most of all for a slot, the most of class EC2#big (slot)");
  expect(lines).toContain("What to do: Raise maxRunners of its class");
  expect(lines).toContain("https://docs.example.com/runbook.md#queue-time-objective");
});

const READABLE = /^[A-Z0-9][^<>"\\\n]{20,}(\.|runbook\.md#[a-z-]+)$/;

it.each(WAIT_CAUSES)("I-47: has readable lines for %s, which end where they should", (cause) => {
  const lines = ringing(cause);
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).toMatch(READABLE);
});

it("I-47: has the first cause told when one of the objective's alarms begins to ring, and not when it ends", () => {
  const rings = (id: string, value: string) => ({
    ...event("aws.cloudwatch", "CloudWatch Alarm State Change", { state: { value } }),
    resources: [resolve(autoScaler, { "Fn::GetAtt": [id, "Arn"] })],
  });
  const rule = RULES.find(({ id }) => id === "QueueObjectiveAlarmRule");
  const isTaken = (id: string, value: string) => patternMatches(asMap(rule?.pattern), rings(id, value));
  expect(isTaken("QueueObjectiveFastAlarm", "ALARM")).toBe(true);
  expect(isTaken("QueueObjectiveSlowAlarm", "ALARM")).toBe(true);
  expect(isTaken("QueueObjectiveFastAlarm", "OK")).toBe(false);
  expect(isTaken("BudgetsAlarm", "ALARM")).toBe(false);
  expect(rule?.isOnBus).toBe(false);
  expect(rule?.targets).toMatchObject([{ Input: '{"isObjectiveAlarm":true}' }]);
});

it.each(ATTEMPT_FAILURE_CODES)("has readable lines for %s, which end where they should", (reason) => {
  const lines = mail(reason);
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).toMatch(READABLE);
});

const PUTTERS: Readonly<Record<string, readonly string[]>> = {
  StartRunnerStateMachineRole: ["RunnerStarted", "JobStartFailed"],
  StopRunnerStateMachineRole: ["RunnerEnded", "JobStartFailed"],
  RecordPickUpRole: ["QueueTimeObjectiveMissed"],
  RollUpUsageRole: ["QueueTimeObjectiveAlarm"],
};

const statementsOf = (role: string) =>
  asList(resource(autoScaler, role).properties.Policies)
    .flatMap((policy) => asList(at(policy, "PolicyDocument", "Statement")))
    .map((statement) => asMap(resolve(autoScaler, statement)))
    .filter(({ Action }) => Action === "events:PutEvents");

it.each(Object.entries(PUTTERS))("T-22: %s tells others of %j alone, as the one source", (role, types) => {
  expect(statementsOf(role).map(({ Condition }) => at(Condition, "ForAllValues:StringEquals"))).toEqual([
    { "events:source": [EVENT_SOURCE], "events:detail-type": types },
  ]);
});

it("T-22: the four together may tell of every kind, and no other role of any", () => {
  expect(new Set(Object.values(PUTTERS).flat())).toEqual(new Set(RUNNER_EVENT_TYPES));
  const { Statement } = resource(autoScaler, "EventBusRefusesForeignRunnerEvents").properties;
  expect(at(Statement, "Condition", "ForAnyValue:StringEquals")).toEqual({ "events:source": [EVENT_SOURCE] });
  const roles = asList(at(Statement, "Condition", "ArnNotEquals", "aws:PrincipalArn"));
  expect(roles.map((arn) => String(at(arn, "Fn::GetAtt", 0))).sort()).toEqual(Object.keys(PUTTERS).sort());
});

it("T-22: no rule that starts something takes what others are told", () => {
  const takers = RULES.filter(({ pattern }) => JSON.stringify(pattern.source ?? null).includes(EVENT_SOURCE));
  expect(takers.map(({ id }) => id)).toEqual(["JobStartFailedRule", "QueueObjectiveCauseRule"]);
});
