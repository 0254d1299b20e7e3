import * as fc from "fast-check";
import { parseJobEvent } from "../../Core/model/job-event";
import {
  ec2,
  event,
  HOSTILE_NAMES,
  matching,
  RECEIVED_AT,
  RULES,
  reconciled,
  redriven,
  transformed,
  WEBHOOK,
  webhook,
  without,
} from "./bus-events";
import type { EventBridgeEvent } from "./event-pattern";
import { asList, asMap, at, ofType, readTemplate, resource, type Value } from "./read-template";

const autoScaler = readTemplate("AutoScaler");
const infrastructure = readTemplate("Infrastructure");

const STATE_CHANGE = "EC2 Instance State-change Notification";

it.each<[string, EventBridgeEvent, readonly string[]]>([
  ["pending starts a runner", webhook({ build_status: "pending" }), ["JobPendingRule"]],
  ["running records the pick-up", webhook({ build_status: "running" }), ["JobRunningRule"]],
  ["success ends the runner", webhook({ build_status: "success" }), ["JobEndedRule"]],
  ["failed ends the runner", webhook({ build_status: "failed" }), ["JobEndedRule"]],
  ["canceled ends the runner", webhook({ build_status: "canceled" }), ["JobEndedRule"]],
  ["created does nothing and is not counted", webhook({ build_status: "created" }), []],
  ["the reconciler's pending starts a runner", reconciled({ build_status: "pending" }), ["JobPendingRule"]],
  [
    "the reconciler's running records the pick-up",
    reconciled({ build_status: "running" }),
    ["JobRunningRule"],
  ],
  ["the reconciler's failed ends the runner", reconciled({ build_status: "failed" }), ["JobEndedRule"]],
  [
    "the reconciler's RunnerEnded ends the runner",
    event("gitlab.reconciler", "RunnerEnded", { runnerId: 7, reason: "left" }),
    ["RunnerEndedRule"],
  ],
  ["what is sent again starts a runner", redriven({ build_status: "pending" }), ["JobPendingRule"]],
  ["what is sent again notes the pick-up", redriven({ build_status: "running" }), ["JobRunningRule"]],
  ["what is sent again ends the runner", redriven({ build_status: "failed" }), ["JobEndedRule"]],
  [
    "a RunnerEnded that is sent again asks for the runner's end",
    event("gitlab.redrive", "RunnerEnded", { runnerId: 7, reason: "left" }),
    ["RunnerEndedRule"],
  ],
  [
    "something else that is sent again",
    event("gitlab.redrive", "Something", { runnerId: 7 }),
    ["UnmatchedEventsRule"],
  ],
  [
    "a reported end of an invocation has the runner looked at",
    event("gitlab.runner-report", "InvocationEnded", { requestId: "request-1", status: "success" }),
    ["InvocationEndedRule"],
  ],
  [
    "the reporter's RunnerEnded",
    event("gitlab.runner-report", "RunnerEnded", { runnerId: 7, reason: "left" }),
    ["UnmatchedEventsRule"],
  ],
  [
    "the reporter's job event",
    event("gitlab.runner-report", "GitLabJobEvent", { ...WEBHOOK, build_status: "success" }),
    ["UnmatchedEventsRule"],
  ],
  [
    "an old server's event without runner",
    event("gitlab.webhook", "GitLabJobEvent", without("runner")),
    ["JobPendingRule"],
  ],
  ["an unknown status", webhook({ build_status: "waiting_for_callback" }), ["UnmatchedEventsRule"]],
  ["a status that is null", webhook({ build_status: null }), ["UnmatchedEventsRule"]],
  ["no status", event("gitlab.webhook", "GitLabJobEvent", without("build_status")), ["UnmatchedEventsRule"]],
  ["a pipeline's event", webhook({ object_kind: "pipeline" }), ["UnmatchedEventsRule"]],
  ["no kind", event("gitlab.webhook", "GitLabJobEvent", without("object_kind")), ["UnmatchedEventsRule"]],
  ["no job id", event("gitlab.webhook", "GitLabJobEvent", without("build_id")), ["UnmatchedEventsRule"]],
  [
    "no project id",
    event("gitlab.webhook", "GitLabJobEvent", without("project_id")),
    ["UnmatchedEventsRule"],
  ],
  ["an empty object", event("gitlab.webhook", "GitLabJobEvent", {}), ["UnmatchedEventsRule"]],
  ["another sender", event("someone.else", "GitLabJobEvent", { ...WEBHOOK }), ["UnmatchedEventsRule"]],
  [
    "RunnerEnded by the webhook",
    event("gitlab.webhook", "RunnerEnded", { runnerId: 7 }),
    ["UnmatchedEventsRule"],
  ],
  [
    "RunnerEnded by the reconciler's rule is not what others are told",
    event("gitlab.runners", "RunnerEnded", { version: 1, runnerId: 7 }),
    [],
  ],
  ["what others are told of a start", event("gitlab.runners", "RunnerStarted", { version: 1 }), []],
  ["a start that is tried again", event("gitlab.runners", "JobStartFailed", { isFinal: false }), []],
  [
    "a start that is not tried again is written to people",
    event("gitlab.runners", "JobStartFailed", { isFinal: true }),
    ["JobStartFailedRule"],
  ],
  ["a job that waited too long", event("gitlab.runners", "QueueTimeObjectiveMissed", { version: 1 }), []],
  [
    "a job event under the name of what others are told",
    event("gitlab.runners", "GitLabJobEvent", { ...WEBHOOK }),
    ["UnmatchedEventsRule"],
  ],
  ["another account's event", event("gitlab.webhook", "GitLabJobEvent", { ...WEBHOOK }, "999999999999"), []],
])("I-27 I-31 T-22: on the bus, %s", (_, given, rules) => {
  expect(matching(given)).toEqual(rules);
});

it.each<[string, EventBridgeEvent, readonly string[]]>([
  [
    "a terminated instance",
    ec2(STATE_CHANGE, { "instance-id": "i-1", state: "terminated" }),
    ["InstanceEndedRule"],
  ],
  [
    "a stopped instance",
    ec2(STATE_CHANGE, { "instance-id": "i-1", state: "stopped" }),
    ["InstanceEndedRule"],
  ],
  ["a starting instance", ec2(STATE_CHANGE, { "instance-id": "i-1", state: "running" }), []],
  [
    "an interruption",
    ec2("EC2 Spot Instance Interruption Warning", { "instance-id": "i-1" }),
    ["SpotInterruptionRule"],
  ],
  [
    "a rebalance recommendation",
    ec2("EC2 Instance Rebalance Recommendation", { "instance-id": "i-1" }),
    ["RebalanceRule"],
  ],
])("F-38: on the account's default bus, %s", (_, given, rules) => {
  const onDefaultBus = RULES.filter(({ isOnBus }) => !isOnBus).map(({ id }) => id);
  expect(matching(given).filter((id) => onDefaultBus.includes(id))).toEqual(rules);
});

it("T-22: rules for events of EC2, CloudWatch and CloudFormation are on the default bus, all others on ours", () => {
  const onDefaultBus = RULES.filter(({ isOnBus }) => !isOnBus);
  expect(onDefaultBus.map(({ pattern }) => pattern.source)).toEqual([
    ["aws.ec2"],
    ["aws.ec2"],
    ["aws.ec2"],
    ["aws.cloudwatch"],
    ["aws.cloudformation"],
  ]);
});

const anyStatus = fc.oneof(
  fc.constantFrom("created", "pending", "running", "success", "failed", "canceled", "skipped", "manual"),
  fc.string(),
  fc.constantFrom<Value>(null, 1, true, {}, []),
);
const anyDetail = fc.record(
  {
    object_kind: fc.oneof(fc.constant("build"), fc.constantFrom<Value>("pipeline", "", null, 3, {})),
    build_status: anyStatus,
    build_id: fc.constantFrom<Value>(1, 15_000_000_001, "x", null),
    build_name: fc.oneof(fc.constantFrom<Value>("build", null, ...HOSTILE_NAMES), fc.string()),
    project_id: fc.constantFrom<Value>(1, "x", null),
  },
  { requiredKeys: [] },
);
const anyWebhook = fc
  .tuple(fc.constantFrom("gitlab.webhook", "gitlab.reconciler", "gitlab.redrive"), anyDetail)
  .map(([source, detail]) => event(source, "GitLabJobEvent", detail));

it("I-31: matches every event of this account by one rule, counts it as unmatched, or ignores it as created", () => {
  fc.assert(
    fc.property(anyWebhook, (given) => {
      const isCreated = at(given.detail, "build_status") === "created";
      const rules = matching(given);
      return rules.length === 1 || (rules.length === 0 && isCreated);
    }),
    { numRuns: 2000 },
  );
});

it("T-21: hands a workflow the fields that it reads, and of users' texts only the job's name", () => {
  expect(transformed("JobPendingRule", webhook({ commit: { message: "m".repeat(900_000) } }))).toEqual({
    source: "gitlab.webhook",
    object_kind: "build",
    build_id: 15_000_000_001,
    build_name: "test 1/3: [a, b]",
    build_status: "pending",
    project_id: 380,
    runner: { id: "" },
    attempt: "",
    time: RECEIVED_AT,
  });
});

it.each([
  ["runner is set", webhook({ runner: { id: 12, description: "x" } }), 12],
  ["runner is null", webhook({ runner: null }), ""],
  ["there is no runner", event("gitlab.webhook", "GitLabJobEvent", without("runner")), ""],
])("hands the runner's id on when %s", (_, given, id) => {
  expect(at(transformed("JobRunningRule", given), "runner", "id")).toBe(id);
});

it.each(["Pending", "PendingWithoutName", "Running", "Ended"])(
  "F-16: passes the attempt of a %s event on from the reconciler alone",
  (kind) => {
    const read = (given: EventBridgeEvent) => parseJobEvent(transformed(`Job${kind}Rule`, given));
    expect(read(reconciled({}))).toMatchObject({ attempt: 2 });
    expect(read(webhook({ attempt: 9 }))).not.toHaveProperty("attempt");
  },
);

it.each(["JobPendingRule", "JobPendingWithoutNameRule"])(
  "F-36 T-22: no event can ask %s for an attempt beyond the last one",
  (rule) => {
    expect(transformed(rule, webhook({ again: 3 }))).not.toHaveProperty("again");
  },
);

it("hands stop-runner an instance and the reason", () => {
  const instance = { "instance-id": "i-0abc", state: "terminated" };
  expect(transformed("InstanceEndedRule", ec2(STATE_CHANGE, instance))).toEqual({
    resourceId: "i-0abc",
    reason: "instance-terminated",
  });
  expect(transformed("SpotInterruptionRule", ec2("x", instance))).toEqual({
    resourceId: "i-0abc",
    reason: "spot-interruption",
  });
  expect(transformed("RebalanceRule", ec2("x", instance))).toEqual({
    resourceId: "i-0abc",
    reason: "rebalance-recommendation",
  });
});

it("hands stop-runner a runner and the reason", () => {
  const given = event("gitlab.reconciler", "RunnerEnded", { runnerId: 7, reason: "left" });
  expect(transformed("RunnerEndedRule", given)).toEqual({ runnerId: 7, resourceId: "", reason: "left" });
});

it("T-31: hands stop-runner an invocation, how it ended and where, and nothing else that a log's line said", () => {
  const end = { status: "success", environment: "0123456789abcdef" };
  const detail = { requestId: "request-1", ...end, reason: "job-ended", runnerId: 7 };
  expect(
    transformed("InvocationEndedRule", event("gitlab.runner-report", "InvocationEnded", detail)),
  ).toEqual({ resourceId: "request-1", ...end, reason: "invocation-ended" });
});

it.each([
  ["JobPendingRule", "StartRunnerStateMachine"],
  ["JobPendingWithoutNameRule", "StartRunnerStateMachine"],
  ["JobRunningRule", "RecordPickUpFunction"],
  ["JobEndedRule", "StopRunnerStateMachine"],
  ["RunnerEndedRule", "StopRunnerStateMachine"],
  ["InvocationEndedRule", "StopRunnerStateMachine"],
  ["InstanceEndedRule", "StopRunnerStateMachine"],
  ["SpotInterruptionRule", "StopRunnerStateMachine"],
  ["RebalanceRule", "StopRunnerStateMachine"],
  ["UnmatchedEventsRule", "UnmatchedEventsQueue"],
])("%s starts %s", (rule, target) => {
  const targets = asList(resource(autoScaler, rule).properties.Targets);
  expect(targets.map((one) => at(asMap(one).Arn, "Fn::GetAtt", 0))).toEqual([target]);
});

it("I-8: runs every minute", () => {
  const { properties } = resource(autoScaler, "ReconcilerSchedule");
  expect(properties.ScheduleExpression).toBe("rate(1 minute)");
  expect(properties.State).toBeUndefined();
});

it("F-77: has the authorizer ready for a burst, and repeats none of those calls", () => {
  const { ScheduleExpression, State, Targets } = resource(
    infrastructure,
    "AuthorizerReadySchedule",
  ).properties;
  expect([ScheduleExpression, State]).toEqual(["rate(3 minutes)", undefined]);
  expect(asList(Targets).map((target) => at(target, "Arn", "Fn::GetAtt", 0))).toEqual([
    "AuthorizeWebhookFunction",
  ]);
  const { EventInvokeConfig } = resource(infrastructure, "AuthorizeWebhookFunction").properties;
  expect(EventInvokeConfig).toEqual({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  const { Principal, SourceArn } = resource(infrastructure, "AuthorizerReadyPermission").properties;
  expect([Principal, at(SourceArn, "Fn::GetAtt", 0)]).toEqual([
    "events.amazonaws.com",
    "AuthorizerReadySchedule",
  ]);
});

/** One counts, the others write to people. */
const STARTS_NOTHING = ["UnmatchedEventsRule", "JobStartFailedRule", "QueueObjectiveCauseRule"];

it("S-15: takes DLQ messages from every rule that starts something, and from no other", () => {
  const [allow] = asList(
    at(resource(autoScaler, "DeadLetterQueuePolicy").properties, "PolicyDocument", "Statement"),
  );
  const arns = asList(at(allow, "Condition", "ArnEquals", "aws:SourceArn"));
  const withTarget = ofType(autoScaler, "AWS::Events::Rule").filter(
    ({ id, properties }) => asList(properties.Targets).length > 0 && !STARTS_NOTHING.includes(id),
  );
  expect(arns.map((arn) => at(arn, "Fn::GetAtt", 0))).toEqual(withTarget.map(({ id }) => id));
});

it("puts the webhook's body on the bus unchanged, with our source and detail type", () => {
  expect(resource(infrastructure, "WebhookIntegration").properties).toMatchObject({
    IntegrationSubtype: "EventBridge-PutEvents",
    RequestParameters: {
      Detail: "$request.body",
      DetailType: "GitLabJobEvent",
      Source: "gitlab.webhook",
      EventBusName: { Ref: "EventBus" },
    },
  });
});
