import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LAMBDA_QUEUE_SECONDS, LEASE_MILLISECONDS } from "../../AutoScaler/src/timing";
import {
  INFRASTRUCTURE_PARAMETERS,
  ROLE_TAG,
  STACK_TAG,
  TENANT_ISOLATION_TAG,
} from "../../Core/configuration";
import { watchedMetrics } from "./alarms/watched";
import {
  asList,
  asMap,
  at,
  ofType,
  type Properties,
  ROOT,
  readTemplate,
  resource,
  STACKS,
} from "./read-template";
import { resolve } from "./resolve";

const infrastructure = readTemplate("Infrastructure");
const lambdaRunner = readTemplate("LambdaShellRunner");

const samConfig = (stack: string): string => readFileSync(join(ROOT, stack, "samconfig.toml"), "utf8");
const stackName = (stack: string): string | undefined =>
  /^stack_name = "([^"]+)"/m.exec(samConfig(stack))?.[1];

const published = ofType(infrastructure, "AWS::SSM::Parameter").map(({ properties }) =>
  String(resolve(infrastructure, properties.Name)),
);

it("publishes the parameters that the other stacks read, under the configuration path", () => {
  const names = Object.values(INFRASTRUCTURE_PARAMETERS).map(
    (name) => `/gitlabrunner/infrastructure/${name}`,
  );
  expect([...published].sort()).toEqual([...names].sort());
});

it.each(["LambdaShellRunner", "AutoScaler"])("%s reads parameters that Infrastructure publishes", (stack) => {
  const read = Object.values(readTemplate(stack).parameters)
    .filter(({ Type }) => String(Type).startsWith("AWS::SSM::Parameter::Value<"))
    .map(({ Default }) => String(Default));
  expect(read.length).toBeGreaterThan(0);
  expect(read.filter((name) => !published.includes(name))).toEqual([]);
});

it.each([
  ["Infrastructure", "gitlab-runners-infrastructure"],
  ["LambdaShellRunner", "gitlab-runners-lambda-shell-runner"],
  ["AutoScaler", "gitlab-runners-autoscaler"],
])("%s has the default stack name %s", (stack, name) => {
  expect(stackName(stack)).toBe(name);
});

it("names the bus like Infrastructure's stack, and AutoScaler uses that bus by default", () => {
  expect(resource(infrastructure, "EventBus").properties.Name).toEqual({ Ref: "AWS::StackName" });
  expect(readTemplate("AutoScaler").parameters.EventBusName?.Default).toBe(stackName("Infrastructure"));
});

it("T-26: takes Infrastructure's stack name as deployment id", () => {
  expect(resource(infrastructure, "DeploymentIdParameter").properties.Value).toEqual({
    Ref: "AWS::StackName",
  });
});

it.each(["Infrastructure", "AutoScaler"])(
  "%s is built in its source folder, so that nothing is installed",
  (stack) => {
    expect(samConfig(stack)).toMatch(/^\[default\.build\.parameters\]\nbuild_in_source = true/m);
  },
);

it("keeps parameters and secrets out of the file that a guided deployment writes", () => {
  const given = STACKS.flatMap((stack) => samConfig(stack).match(/^(parameter_overrides|region).*$/gm) ?? []);
  // The one that the build has to know as well.
  expect(given).toEqual(['parameter_overrides = "Architecture=arm64"']);
});

describe("the runner function", () => {
  const { attributes, properties } = resource(lambdaRunner, "RunnerFunction");

  it("I-30 F-40: is invoked without retries, within minutes or never, and has no destination", () => {
    const { DestinationConfig, ...config } = asMap(properties.EventInvokeConfig);
    expect(DestinationConfig).toBeUndefined();
    expect(config.MaximumRetryAttempts).toBe(0);
    // Fifteen to thirty minutes: longer than Lambda keeps idle environments, whose number is limited.
    expect(config.MaximumEventAgeInSeconds).toBeGreaterThanOrEqual(900);
    // A job that waits longer is better started anew.
    expect(config.MaximumEventAgeInSeconds).toBeLessThanOrEqual(1_800);
    expect(config.MaximumEventAgeInSeconds).toBe(LAMBDA_QUEUE_SECONDS);
    expect(properties.DeadLetterQueue).toBeUndefined();
    expect(properties.Events).toBeUndefined();
    expect(properties.FunctionUrlConfig).toBeUndefined();
  });

  it("I-23: logs Lambda's own reports as JSON, and its log group is subscribed for them", () => {
    expect(properties.LoggingConfig).toMatchObject({ LogFormat: "JSON", SystemLogLevel: "INFO" });
    const { attributes: filter, properties: subscription } = resource(lambdaRunner, "RunnerEndSubscription");
    const destination = `arn:aws:lambda:eu-west-1:111122223333:function:report-runner-end`;
    expect(subscription).toMatchObject({ LogGroupName: asMap(properties.LoggingConfig).LogGroup });
    expect(subscription.FilterPattern).toBe('"platform.report"');
    expect(resolve(lambdaRunner, subscription.DestinationArn)).toBe(destination);
    expect(filter.DependsOn).toBe("RunnerEndSubscriptionPermission");
  });

  it("T-1: lets its own log group of this account alone call the function behind it", () => {
    const { properties: permission } = resource(lambdaRunner, "RunnerEndSubscriptionPermission");
    expect(permission).toMatchObject({
      Principal: "logs.amazonaws.com",
      SourceArn: { "Fn::GetAtt": ["RunnerLogGroup", "Arn"] },
      SourceAccount: { Ref: "AWS::AccountId" },
    });
  });

  it("I-29 T-10: isolates tenants by default", () => {
    expect(resolve(lambdaRunner, properties.TenancyConfig)).toEqual({ TenantIsolationMode: "PER_TENANT" });
    expect(resolve(lambdaRunner, properties.TenancyConfig, { TenantIsolation: "off" })).toBeNull();
  });

  it.each(["on", "off"])("I-29: shows in a tag and in its environment that isolation is %s", (isolation) => {
    const given = { TenantIsolation: isolation };
    expect(asMap(resolve(lambdaRunner, properties.Tags, given))).toEqual({
      [STACK_TAG]: "runners-a",
      [ROLE_TAG]: "runner",
      [TENANT_ISOLATION_TAG]: isolation,
    });
    expect(resolve(lambdaRunner, at(properties, "Environment", "Variables"), given)).toEqual({
      BOOTSTRAP_TABLE: "bootstrap",
      TENANT_ISOLATION: isolation,
    });
  });

  it("S-14 I-35: reserves concurrency on request", () => {
    expect(resolve(lambdaRunner, properties.ReservedConcurrentExecutions)).toBeNull();
    const given = { ReservedConcurrency: "40" };
    expect(resolve(lambdaRunner, properties.ReservedConcurrentExecutions, given)).toBe("40");
  });

  it("I-23: has a time-out of at most fifteen minutes", () => {
    expect(properties.Timeout).toEqual({ Ref: "TimeoutSeconds" });
    expect(lambdaRunner.parameters.TimeoutSeconds?.MaxValue).toBe(900);
  });

  it("is built from the repository, for the processor architecture that it runs on", () => {
    expect(attributes.Metadata).toEqual({
      Dockerfile: "LambdaShellRunner/Dockerfile",
      DockerContext: "..",
      DockerTag: "nodejs24",
    });
    expect(properties.Architectures).toEqual([{ Ref: "Architecture" }]);
    expect(readFileSync(join(ROOT, "LambdaShellRunner/Dockerfile"), "utf8")).toMatch(/^FROM /m);
  });

  it.each(["Errors", "Throttles", "AsyncEventsDropped"])("has an alarm on %s", (metric) => {
    const alarms = ofType(lambdaRunner, "AWS::CloudWatch::Alarm").map((alarm) => alarm.properties);
    expect(alarms.filter(({ MetricName }) => MetricName === metric)).toHaveLength(1);
  });

  it("has an alarm on runners that could not reach GitLab, and none on runners that GitLab rejected", () => {
    const own = ofType(lambdaRunner, "AWS::CloudWatch::Alarm")
      .map((alarm) => alarm.properties)
      .filter(({ Namespace }) => Namespace === "GitLabRunners");
    expect(own.map(({ MetricName, Dimensions }) => [MetricName, Dimensions])).toEqual([
      [
        "LambdaRunnerEnded",
        [
          { Name: "Function", Value: { Ref: "RunnerFunction" } },
          { Name: "Outcome", Value: "unreachable" },
        ],
      ],
    ]);
  });
});

it("has an alarm for every section of the runbook, and no section twice", () => {
  const titles = [...readFileSync(join(ROOT, "docs/runbook.md"), "utf8").matchAll(/^### (.+)$/gm)].map(
    ([, title = ""]) => title,
  );
  const texts = STACKS.flatMap((stack) => ofType(readTemplate(stack), "AWS::CloudWatch::Alarm")).map(
    ({ properties }) => String(properties.AlarmDescription),
  );
  const standAlone = titles.filter((title) => !texts.some((text) => text.includes(`"${title}"`)));
  expect(standAlone).toEqual([]);
  expect(new Set(titles).size).toBe(titles.length);
});

it("S-9: the ledger's indexes have the attributes that the adapter reads", () => {
  const { properties } = resource(readTemplate("AutoScaler"), "LedgerTable");
  const indexes = asList(properties.GlobalSecondaryIndexes).map(asMap);
  expect(indexes.map(({ IndexName }) => IndexName)).toEqual(["open", "resource"]);
  expect(indexes.map(({ Projection }) => at(Projection, "ProjectionType"))).toEqual(["ALL", "ALL"]);
});

it.each([
  "StartLambdaRunnerFunction",
  "StartEc2RunnerFunction",
  "UnregisterRunnerFunction",
  "ReconcilerFunction",
])("I-21: ends %s before its lease does", (id) => {
  const { Timeout } = resource(readTemplate("AutoScaler"), id).properties;
  expect(Number(Timeout) * 1000).toBeLessThan(LEASE_MILLISECONDS);
});

const RULES = join(ROOT, "AutoScaler/src");
const emitted = new Set(
  readdirSync(RULES, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => [...readFileSync(join(RULES, file), "utf8").matchAll(/\bmetric\(\s*"(\w+)"/g)])
    .map(([, name = ""]) => name),
);
const ownAlarms = ofType(readTemplate("AutoScaler"), "AWS::CloudWatch::Alarm").flatMap(({ id, properties }) =>
  watchedMetrics(properties)
    .filter(({ namespace }) => namespace === "GitLabRunners")
    .map(({ name, dimensions }) => ({ id, name, dimensions, properties })),
);

it.each(ownAlarms)(
  "I-1 T-26: $id watches $name, which the rules write for this deployment",
  ({ name, dimensions }) => {
    expect(emitted).toContain(name);
    expect(asMap(asList(dimensions ?? undefined)[0])).toEqual({
      Name: "Deployment",
      Value: { Ref: "DeploymentId" },
    });
  },
);

it("I-1 I-26: has alarms on jobs that get no runner, jobs that wait long, and jobs without a webhook", () => {
  expect(ownAlarms.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "JobsFailed",
      "OldestWaitingSeconds",
      "JobsFoundByReconciler",
      "LaunchesRefused",
    ]),
  );
});

/** Whether an alarm rings after minutes in which its metric had these sums. */
const rings = (alarm: Properties, sums: readonly number[]): boolean => {
  const evaluated = sums.slice(-Number(alarm.EvaluationPeriods));
  const breaching = evaluated.filter((sum) => sum >= Number(alarm.Threshold));
  return breaching.length >= Number(alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods);
};

it("I-26: raises one alarm when a part of the reconciler's pass fails for long, none for ten minutes without GitLab", () => {
  const [alarm, ...others] = ownAlarms.filter(({ name }) => name === "ReconcilerFailures");
  expect(others).toEqual([]);
  const properties = asMap(alarm?.properties);
  expect([properties.Statistic, properties.Period]).toEqual(["Sum", 60]);
  const minutes = (failed: number, passed: number) => [
    ...Array<number>(20).fill(0),
    ...Array<number>(failed).fill(2),
    ...Array<number>(passed).fill(0),
  ];
  expect(rings(properties, minutes(10, 0))).toBe(false);
  expect(rings(properties, minutes(20, 0))).toBe(true);
  // A pass in which it went well does not hide it.
  expect(rings(properties, [...minutes(10, 1), ...minutes(10, 0).slice(20)])).toBe(true);
});

it("F-58: has alarms on the first message in the dead-letter queue and on one that is a day old", () => {
  const alarms = ofType(readTemplate("AutoScaler"), "AWS::CloudWatch::Alarm")
    .map(({ properties }) => properties)
    .filter(({ Namespace }) => Namespace === "AWS/SQS");
  expect(alarms.map(({ MetricName, Threshold }) => [MetricName, Threshold])).toEqual([
    ["ApproximateNumberOfMessagesVisible", 1],
    ["ApproximateAgeOfOldestMessage", 86_400],
  ]);
});

it.each(["Webhook", "SignedWebhook"])(
  "T-20: accepts bursts of webhooks well above those of a large pipeline (%s)",
  (route) => {
    const { [`${route}Burst`]: burst, [`${route}RequestsPerSecond`]: rate } = infrastructure.parameters;
    // 500 jobs at once send up to 1,000 webhooks in two seconds, and GitLab counts a refused webhook as a failure.
    expect(Number(burst?.Default)).toBeGreaterThanOrEqual(1000);
    // The running and ended webhooks of as many jobs as start in two seconds.
    expect(Number(rate?.Default)).toBeGreaterThanOrEqual(250);
  },
);

it("T-20: throttles the signed webhook separately", () => {
  const { RouteSettings } = resource(infrastructure, "WebhookStage").properties;
  expect(asMap(RouteSettings)).toEqual({
    "POST /signed-webhook": {
      ThrottlingRateLimit: { Ref: "SignedWebhookRequestsPerSecond" },
      ThrottlingBurstLimit: { Ref: "SignedWebhookBurst" },
    },
  });
});

it("T-1 T-26: has an alarm on this deployment's refused signatures", () => {
  const alarms = ofType(infrastructure, "AWS::CloudWatch::Alarm").map(({ properties }) => properties);
  const own = alarms.filter(({ Namespace }) => Namespace === "GitLabRunners");
  expect(own.map(({ MetricName, Dimensions }) => ({ MetricName, Dimensions }))).toEqual([
    {
      MetricName: "SignedWebhooksRefused",
      Dimensions: [{ Name: "Deployment", Value: { Ref: "AWS::StackName" } }],
    },
  ]);
});

it("answers a signed webhook before GitLab's time-out of ten seconds", () => {
  const { Timeout } = resource(infrastructure, "ReceiveSignedWebhookFunction").properties;
  const { TimeoutInMillis } = resource(infrastructure, "SignedWebhookIntegration").properties;
  expect(Number(Timeout) * 1000).toBeLessThan(Number(TimeoutInMillis));
  // GitLab's time-out of a webhook.
  expect(Number(TimeoutInMillis)).toBeLessThan(10_000);
});
