import { EVENT_SOURCE, RUNNER_EVENT_TYPES } from "../../Core/events/bus-entry";
import { jobStartFailedEvent } from "../../Core/events/job-start-failed";
import { ATTEMPT_FAILURE_CODES } from "../../Core/model/reasons";
import { event, RULES } from "./bus-events";
import { transformedLines } from "./event-pattern";
import { asList, asMap, at, readTemplate, resource, type Value } from "./read-template";
import { resolve } from "./resolve";

/** What others are told: who may put it, and the mail that a rule makes of it. */

const autoScaler = readTemplate("AutoScaler");

const transformer = asMap(
  asMap(asList(resource(autoScaler, "JobStartFailedRule").properties.Targets)[0]).InputTransformer,
);

const mail = (reason: (typeof ATTEMPT_FAILURE_CODES)[number]): readonly string[] => {
  const failed = { jobId: 3_580_121_225, projectId: 42, attempt: 3, reason, isFinal: true };
  const { Detail } = jobStartFailedEvent("gitlab-runners-infrastructure", failed);
  return transformedLines(transformer, event(EVENT_SOURCE, "JobStartFailed", JSON.parse(Detail) as Value));
};

it("writes to people which job gets no runner, why, what to do, and where more stands", () => {
  const lines = mail("function-missing").join("\n");
  expect(lines).toContain("GitLab job 3580121225 of project 42 gets no runner");
  expect(lines).toContain("its Lambda function is not there (function-missing)");
  expect(lines).toContain("What to do: Deploy the function");
  expect(lines).toContain("npx runners start 3580121225 --again");
  expect(lines).toContain("docs/runbook.md#jobs-without-a-runner");
});

it.each(ATTEMPT_FAILURE_CODES)("has readable lines for %s, which end where they should", (reason) => {
  const lines = mail(reason);
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).toMatch(/^[A-Z][^<>"\\\n]{20,}\.$/);
});

const PUTTERS: Readonly<Record<string, readonly string[]>> = {
  StartRunnerStateMachineRole: ["RunnerStarted", "JobStartFailed"],
  StopRunnerStateMachineRole: ["RunnerEnded", "JobStartFailed"],
  RecordPickUpRole: ["QueueTimeObjectiveMissed"],
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

it("T-22: the three together may tell of every kind, and no other role of any", () => {
  expect(new Set(Object.values(PUTTERS).flat())).toEqual(new Set(RUNNER_EVENT_TYPES));
  const { Statement } = resource(autoScaler, "EventBusRefusesForeignRunnerEvents").properties;
  expect(at(Statement, "Condition", "ForAnyValue:StringEquals")).toEqual({ "events:source": [EVENT_SOURCE] });
  const roles = asList(at(Statement, "Condition", "ArnNotEquals", "aws:PrincipalArn"));
  expect(roles.map((arn) => String(at(arn, "Fn::GetAtt", 0))).sort()).toEqual(Object.keys(PUTTERS).sort());
});

it("T-22: no rule that starts something takes what others are told", () => {
  const takers = RULES.filter(({ pattern }) => JSON.stringify(pattern.source ?? null).includes(EVENT_SOURCE));
  expect(takers.map(({ id }) => id)).toEqual(["JobStartFailedRule"]);
});
