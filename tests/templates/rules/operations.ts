import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  asList,
  asMap,
  at,
  ofType,
  type Properties,
  type Resource,
  ROOT,
  type Template,
  type Value,
} from "../read-template";
import type { TemplateRule } from "./rule";

const functions = (template: Template): readonly Resource[] => ofType(template, "AWS::Serverless::Function");
const refOf = (value: Value | undefined): string => String(asMap(value).Ref ?? "");
const arnRef = (value: Value | undefined): string => String(asList(asMap(value)["Fn::GetAtt"])[0] ?? "");

const workflowLog: TemplateRule = {
  id: "S-8 T-14",
  says: "logs workflows' errors without their data, and traces them",
  check: (template) =>
    ofType(template, "AWS::Serverless::StateMachine")
      .filter(
        ({ properties }) =>
          at(properties, "Logging", "Level") !== "ERROR" ||
          at(properties, "Logging", "IncludeExecutionData") !== false ||
          asList(at(properties, "Logging", "Destinations")).length === 0 ||
          at(properties, "Tracing", "Enabled") !== true ||
          properties.Type !== "EXPRESS",
      )
      .map(({ id }) => `${id} logs nothing, or what the jobs' authors wrote`),
  bad: [
    "Type: EXPRESS",
    "Type: EXPRESS, Tracing: { Enabled: true }, Logging: { Level: ALL, IncludeExecutionData: true, Destinations: [x] }",
    "Type: EXPRESS, Tracing: { Enabled: true }, Logging: { Level: ERROR, Destinations: [x] }",
  ].map(
    (properties) =>
      `Resources: { M: { Type: AWS::Serverless::StateMachine, Properties: { ${properties} } } }`,
  ),
};

const logGroups: TemplateRule = {
  id: "S-13",
  says: "declares every log group with its retention",
  check: (template) => {
    const declared = new Set(ofType(template, "AWS::Logs::LogGroup").map(({ id }) => id));
    return [
      ...ofType(template, "AWS::Logs::LogGroup")
        .filter(({ properties }) => properties.RetentionInDays === undefined)
        .map(({ id }) => `${id} keeps for ever`),
      ...functions(template)
        .filter(({ properties }) => !declared.has(refOf(at(properties, "LoggingConfig", "LogGroup"))))
        .map(({ id }) => `${id} logs to a group that nobody declared`),
    ];
  },
  bad: [
    "Resources: { G: { Type: AWS::Logs::LogGroup, Properties: {} } }",
    "Resources: { F: { Type: AWS::Serverless::Function, Properties: { LoggingConfig: { LogGroup: !Ref G } } } }",
  ],
};

const RUNBOOK = join(ROOT, "docs/runbook.md");
/** As GitLab makes it of a title of plain words. */
const anchorOf = (title: string): string => title.toLowerCase().replaceAll(" ", "-");
const sections = (): readonly string[] =>
  existsSync(RUNBOOK)
    ? [...readFileSync(RUNBOOK, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => anchorOf(title))
    : [];

const alarmFaults = ({ id, properties }: Resource): readonly string[] => {
  const text = String(at(properties.AlarmDescription, "Fn::Sub"));
  const section = /See \$\{RunbookUrl(?:Parameter\.Value)?\}#([a-z-]+)$/.exec(text.trim())?.[1];
  return [
    ...(section !== undefined && sections().includes(section)
      ? []
      : [`${id} links no section of the runbook`]),
    ...(properties.AlarmActions !== undefined ? [] : [`${id} has no action`]),
    ...(properties.TreatMissingData !== undefined ? [] : [`${id} does not say how to treat missing data`]),
    ...(properties.AlarmName === undefined ? [] : [`${id} has a name of its own`]),
  ];
};

/** How the texts of another stack than Infrastructure begin a link. */
const LINK = `$\{RunbookUrlParameter.Value}#`;

const alarms: TemplateRule = {
  id: "S-13",
  says: "gives every alarm an action and a link to a section of the runbook",
  check: (template) => ofType(template, "AWS::CloudWatch::Alarm").flatMap(alarmFaults),
  bad: [
    `AlarmDescription: !Sub "Bad. See ${LINK}no-such-section", AlarmActions: [x], TreatMissingData: breaching`,
    `AlarmDescription: "Bad. See docs/runbook.md#dlq-messages", AlarmActions: [x], TreatMissingData: breaching`,
    `AlarmDescription: Bad, AlarmActions: [x], TreatMissingData: breaching`,
    `AlarmDescription: !Sub "Bad. See ${LINK}dlq-messages", TreatMissingData: breaching`,
    `AlarmDescription: !Sub "Bad. See ${LINK}dlq-messages", AlarmActions: [x]`,
  ].map((properties) => `Resources: { A: { Type: AWS::CloudWatch::Alarm, Properties: { ${properties} } } }`),
};

/** A value that a condition gives, and nothing without it. */
const isNone = (value: Value | undefined): boolean => asMap(value).Ref === "AWS::NoValue";
const isOnRequest = (value: Value): boolean => isNone(value) || isNone(asList(asMap(value)["Fn::If"])[2]);

/** A call that only keeps a function ready: the next one comes within minutes, so none is worth a repeat or a queue. */
const isCallToGetReady = (target: Properties): boolean => target.Input === '{"getReady":true}';

const targetsOf = ({ properties }: Pick<Resource, "properties">): readonly Properties[] =>
  asList(properties.Targets)
    .map(asMap)
    .filter((target) => !isCallToGetReady(target));

const startedBy = (rules: readonly Resource[]): ReadonlySet<string> =>
  new Set(rules.flatMap((rule) => targetsOf(rule).map(({ Arn }) => arnRef(Arn))));

/** Functions that the template's rules invoke: Lambda retries these and needs a dead-letter queue for them. */
const startedByRules = (template: Template): ReadonlySet<string> =>
  startedBy(ofType(template, "AWS::Events::Rule"));

/** Of these the functions that run on a schedule: a trace of each run would be paid, whether anything is to do or not. */
const onSchedule = (template: Template): ReadonlySet<string> =>
  startedBy(
    ofType(template, "AWS::Events::Rule").filter(
      ({ properties }) => properties.ScheduleExpression !== undefined,
    ),
  );

const functionFaults = (template: Template, { id, properties }: Resource): readonly string[] => {
  const isImage = properties.PackageType === "Image";
  const reserved = properties.ReservedConcurrentExecutions;
  const mayGoUntraced = properties.Tracing === "PassThrough" && onSchedule(template).has(id);
  const wanted: readonly (readonly [boolean, string])[] = [
    [isImage || properties.Runtime === "nodejs24.x", "has a runtime that AWS will not support for long"],
    [isImage || properties.Tracing === "Active" || mayGoUntraced, "is not traced"],
    [properties.FunctionName === undefined, "has a name of its own"],
    [
      properties.Timeout !== undefined && properties.MemorySize !== undefined,
      "has no time-out or no memory size of its own",
    ],
    [
      reserved === undefined || asMap(reserved)["Fn::If"] !== undefined,
      "reserves concurrency, which new accounts lack",
    ],
    [
      properties.VpcConfig === undefined || isOnRequest(properties.VpcConfig),
      "needs a NAT gateway without being asked to",
    ],
  ];
  return wanted.flatMap(([holds, fault]) => (holds ? [] : `${id} ${fault}`));
};

const runtimes: TemplateRule = {
  id: "S-14 I-35",
  says: "runs functions on a supported runtime, traced where a job waits, without fixed names, and reserves concurrency only on request",
  check: (template) => functions(template).flatMap((one) => functionFaults(template, one)),
  bad: [
    "Runtime: nodejs18.x, Tracing: Active, Timeout: 1, MemorySize: 1",
    "Runtime: nodejs24.x, Timeout: 1, MemorySize: 1",
    "Runtime: nodejs24.x, Tracing: PassThrough, Timeout: 1, MemorySize: 1",
    "Runtime: nodejs24.x, Tracing: Active, Timeout: 1, MemorySize: 1, FunctionName: f",
    "Runtime: nodejs24.x, Tracing: Active, Timeout: 1, MemorySize: 1, ReservedConcurrentExecutions: 5",
    "Runtime: nodejs24.x, Tracing: Active",
  ].map(
    (properties) => `Resources: { F: { Type: AWS::Serverless::Function, Properties: { ${properties} } } }`,
  ),
};

const asynchronous: TemplateRule = {
  id: "S-14",
  says: "limits the retries of functions that events invoke, and keeps failed events in a queue",
  check: (template) =>
    functions(template)
      .filter(({ id }) => startedByRules(template).has(id))
      .filter(({ properties }) => {
        const config = asMap(properties.EventInvokeConfig);
        const age = Number(config.MaximumEventAgeInSeconds);
        return (
          at(config, "DestinationConfig", "OnFailure", "Destination") === undefined ||
          config.MaximumRetryAttempts === undefined ||
          !(age <= 3600)
        );
      })
      .map(({ id }) => `${id} loses what it gives up, or tries it for hours`),
  bad: [
    "Resources: { F: { Type: AWS::Serverless::Function }, R: { Type: AWS::Events::Rule, Properties: { Targets: [{ Arn: !GetAtt F.Arn }] } } }",
    "Resources: { F: { Type: AWS::Serverless::Function, Properties: { EventInvokeConfig: { MaximumRetryAttempts: 2 } } }, R: { Type: AWS::Events::Rule, Properties: { Targets: [{ Arn: !GetAtt F.Arn }] } } }",
  ],
};

const LONGEST_RETRY_SECONDS = 3600;

const targetFaults = (rule: Resource): readonly string[] =>
  targetsOf(rule)
    // A mail to people is no work that somebody has to do again.
    .filter(({ Arn }) => at(Arn, "Fn::GetAtt", 0) !== "AlarmTopicArnParameter")
    .filter((target) => {
      const age = Number(at(target, "RetryPolicy", "MaximumEventAgeInSeconds"));
      return !(age <= LONGEST_RETRY_SECONDS) || at(target, "DeadLetterConfig", "Arn") === undefined;
    })
    .map(() => `${rule.id} loses what it cannot deliver, or delivers it hours late`);

const patternFaults = ({ id, properties }: Resource): readonly string[] => {
  if (properties.ScheduleExpression !== undefined || asList(properties.Targets).length === 0) return [];
  const pattern = asMap(properties.EventPattern);
  return ["source", "detail-type", "account"]
    .filter((key) => asList(pattern[key]).length === 0)
    .map((key) => `${id} takes an event of any ${key}`);
};

/** It hands nothing of an event on, and starts nothing: its metric is all that it is for. */
const onlyCounts = (template: Template, { properties }: Resource): boolean =>
  asList(properties.Targets).every((target) => {
    const queue = ofType(template, "AWS::SQS::Queue").find(({ id }) => id === arnRef(asMap(target).Arn));
    return asMap(target).Input === "{}" && queue !== undefined;
  });

const eventRules: TemplateRule = {
  id: "S-15 T-22",
  says: "matches source, detail type and account, delivers within an hour, and keeps undelivered events in a queue",
  check: (template) =>
    ofType(template, "AWS::Events::Rule")
      .filter((rule) => !onlyCounts(template, rule))
      .flatMap((rule) => [...targetFaults(rule), ...patternFaults(rule)]),
  bad: [
    "EventPattern: { source: [s], detail-type: [d], account: [a] }, Targets: [{ Arn: x }]",
    "EventPattern: { source: [s], detail-type: [d], account: [a] }, Targets: [{ Arn: x, Input: '{}' }]",
    "EventPattern: { source: [s], detail-type: [d], account: [a] }, Targets: [{ Arn: x, DeadLetterConfig: { Arn: q } }]",
    "EventPattern: { source: [s], detail-type: [d], account: [a] }, Targets: [{ Arn: x, DeadLetterConfig: { Arn: q }, RetryPolicy: { MaximumEventAgeInSeconds: 86400 } }]",
    "EventPattern: { detail-type: [d], account: [a] }, Targets: [{ Arn: x, DeadLetterConfig: { Arn: q }, RetryPolicy: { MaximumEventAgeInSeconds: 3600 } }]",
    "EventPattern: { source: [s], detail-type: [d] }, Targets: [{ Arn: x, DeadLetterConfig: { Arn: q }, RetryPolicy: { MaximumEventAgeInSeconds: 3600 } }]",
  ].map((properties) => `Resources: { R: { Type: AWS::Events::Rule, Properties: { ${properties} } } }`),
};

const busPolicy: TemplateRule = {
  id: "S-15 T-22",
  says: "lets only named roles put events on the bus",
  check: (template) =>
    ofType(template, "AWS::Events::EventBusPolicy")
      .map(({ id, properties }) => ({ id, statement: asMap(properties.Statement) }))
      .filter(({ statement }) => statement.Effect !== "Deny")
      .filter(({ statement }) => {
        const { AWS } = asMap(statement.Principal);
        const roles = Array.isArray(AWS) ? AWS : [AWS];
        return roles.length === 0 || roles.some((role) => arnRef(role) === "");
      })
      .map(({ id }) => `${id} opens the bus`),
  bad: [
    "Resources: { P: { Type: AWS::Events::EventBusPolicy, Properties: { Statement: { Effect: Allow, Principal: '*', Action: events:PutEvents } } } }",
    "Resources: { P: { Type: AWS::Events::EventBusPolicy, Properties: { Principal: '*' } } }",
    "Resources: { P: { Type: AWS::Events::EventBusPolicy, Properties: { Statement: { Effect: Allow, Principal: { AWS: [!GetAtt R.Arn, '*'] } } } } }",
    "Resources: { P: { Type: AWS::Events::EventBusPolicy, Properties: { Statement: { Effect: Allow, Principal: { AWS: [] } } } } }",
  ],
};

export const operationRules = [workflowLog, logGroups, alarms, runtimes, asynchronous, eventRules, busPolicy];
