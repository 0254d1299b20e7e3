import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  LAMBDA_QUEUE_SECONDS,
  LEASE_MILLISECONDS,
  PASS_LEASE_MILLISECONDS,
} from "../../AutoScaler/src/timing";
import {
  INFRASTRUCTURE_PARAMETERS,
  ROLE_TAG,
  RUNNER_ALARMS_PARAMETER,
  RUNNER_FUNCTION_PARAMETER,
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

const samConfig = (stack: string): string => readFileSync(join(ROOT, stack, "samconfig.yaml"), "utf8");
const stackName = (stack: string): string | undefined => /^ +stack_name: (\S+)/m.exec(samConfig(stack))?.[1];

const publishedBy = (stack: string): readonly string[] =>
  ofType(readTemplate(stack), "AWS::SSM::Parameter")
    .filter(({ properties }) => properties.Name !== undefined)
    .map(({ properties }) =>
      String(resolve(readTemplate(stack), properties.Name, { "AWS::StackName": stackName(stack) ?? "" })),
    );
const published = publishedBy("Infrastructure");

it("publishes the parameters that the other stacks read, under the configuration path", () => {
  const names = Object.values(INFRASTRUCTURE_PARAMETERS).map(
    (name) => `/gitlabrunner/infrastructure/${name}`,
  );
  expect([...published].sort()).toEqual([...names].sort());
});

it.each([
  // Address of the runbook among them: only its operators know where they read it.
  ["Infrastructure", 9],
  ["LambdaShellRunner", 8],
  ["MicroVmRunner", 5],
  ["AutoScaler", 16],
])("%s asks at most %i questions", (stack, most) => {
  const names = Object.keys(readTemplate(stack).parameters);
  expect([names, names.length <= most]).toEqual([names, true]);
});

const SOURCES = STACKS.map(
  (stack) => [stack, readFileSync(join(ROOT, stack, "template.yaml"), "utf8")] as const,
);

/** What a template reads of Parameter Store when it is deployed, by full name. */
const readBy = (text: string): readonly string[] =>
  [...text.matchAll(/\{\{resolve:ssm:([^}]+\}[^}]*)\}\}/g)].map(([, path = ""]) =>
    path.replace(/^\$\{ConfigurationPath\}/, "/gitlabrunner"),
  );

it.each(SOURCES)("%s reads only what a stack before it publishes", (stack, text) => {
  const before = STACKS.slice(0, STACKS.indexOf(stack as (typeof STACKS)[number]));
  const known = before.flatMap(publishedBy);
  expect(readBy(text).filter((name) => !known.includes(name))).toEqual([]);
  expect(readBy(text).length > 0).toBe(before.length > 0);
});

/** Of a template: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html */
const DYNAMIC_REFERENCES = 60;

it.each(SOURCES)(
  "%s reads each value once, or twice for a tag, well within CloudFormation's sixty",
  (_, text) => {
    const read = readBy(text);
    const often = read.filter((name) => read.filter((other) => other === name).length > 2);
    expect(often).toEqual([]);
    expect(read.length).toBeLessThan(DYNAMIC_REFERENCES);
  },
);

it.each(["LambdaShellRunner", "MicroVmRunner", "AutoScaler"])(
  "%s reads all anew when Wiring changes, since each value that it reads stands in a resource that names Wiring",
  (stack) => {
    const template = readTemplate(stack);
    const readers = template.resources.filter(({ properties }) =>
      JSON.stringify(properties).includes("{{resolve:"),
    );
    expect(readers.length).toBeGreaterThan(0);
    expect(readers.filter(({ type }) => type !== "AWS::SSM::Parameter")).toEqual([]);
    const without = readers.filter(
      ({ properties }) => !JSON.stringify(properties.Description).includes("{Wiring}"),
    );
    expect(without.map(({ id }) => id)).toEqual([]);
    const outside = JSON.stringify([
      template.conditions,
      template.outputs,
      template.parameters,
      template.rules,
    ]);
    expect(outside).not.toContain("{{resolve:");
  },
);

it("its alarms are published where AutoScaler's dashboard looks for them", () => {
  const { properties } = resource(lambdaRunner, "AlarmArnsParameter");
  const given = { "AWS::StackName": stackName("LambdaShellRunner") ?? "" };
  expect(resolve(lambdaRunner, properties.Name, given)).toBe(`/gitlabrunner/${RUNNER_ALARMS_PARAMETER}`);
});

describe("the default Lambda runner", () => {
  const parameter = resource(lambdaRunner, "FunctionArnParameter");

  const nameFor = (stackName: string) =>
    resolve(lambdaRunner, parameter.properties.Name, { "AWS::StackName": stackName });

  it.each([stackName("LambdaShellRunner"), "second-lambda-shell-runner"])(
    "is published by %s where AutoScaler looks for it",
    (name) => {
      expect(nameFor(name ?? "")).toBe(`/gitlabrunner/${RUNNER_FUNCTION_PARAMETER}`);
      expect(parameter.properties.Value).toEqual({ "Fn::GetAtt": ["RunnerFunction", "Arn"] });
    },
  );

  it.each(["gitlab-runners-lambda-10gb", "lambda-shell-runner-large", "lambda-shell-runner-2"])(
    "is not what %s publishes, a runner beside it",
    (name) => {
      expect(nameFor(name)).toBe(`/gitlabrunner/lambda-shell-runner/${name}/function-arn`);
    },
  );
});

it("T-26: ends the deployment of an AutoScaler that has another deployment's bus", () => {
  const autoScaler = readTemplate("AutoScaler");
  const { properties } = resource(autoScaler, "DeploymentIdParameter");
  const pattern = (EventBusName: string) =>
    new RegExp(String(resolve(autoScaler, properties.AllowedPattern, { EventBusName })));
  expect(pattern("runners-a").test(String(resolve(autoScaler, properties.Value)))).toBe(true);
  expect(pattern("runners-b").test(String(resolve(autoScaler, properties.Value)))).toBe(false);
});

it.each([
  ["Infrastructure", "gitlab-runners-infrastructure"],
  ["LambdaShellRunner", "gitlab-runners-lambda-shell-runner"],
  ["MicroVmRunner", "gitlab-runners-microvm-runner"],
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

it.each(["Infrastructure", "MicroVmRunner", "AutoScaler"])(
  "%s is built in its source folder, so that nothing is installed",
  (stack) => {
    expect(samConfig(stack)).toMatch(/^ {2}build:\n {4}parameters:\n {6}build_in_source: true/m);
  },
);

it("has a default for no region, and for no answer but the one that the build has to know as well", () => {
  const given = STACKS.flatMap(
    (stack) => samConfig(stack).match(/^ +(parameter_overrides|region).*$/gm) ?? [],
  );
  expect(given).toEqual(["      parameter_overrides: Architecture=arm64"]);
});

it("a guided deployment writes its answers to a file that is nobody's but the user's", () => {
  const tracked = STACKS.filter((stack) => existsSync(join(ROOT, stack, "samconfig.toml")));
  expect(tracked).toEqual([]);
  expect(readFileSync(join(ROOT, ".gitignore"), "utf8")).toMatch(/^samconfig\.toml$/m);
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
    ({ properties }) => String(at(properties.AlarmDescription, "Fn::Sub")),
  );
  const anchor = (title: string): string => `#${title.toLowerCase().replaceAll(" ", "-")}`;
  const standAlone = titles.filter((title) => !texts.some((text) => text.trim().endsWith(anchor(title))));
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
  ["StartLambdaRunnerFunction", LEASE_MILLISECONDS],
  ["StartEc2RunnerFunction", LEASE_MILLISECONDS],
  ["StartMicroVmRunnerFunction", LEASE_MILLISECONDS],
  ["UnregisterRunnerFunction", LEASE_MILLISECONDS],
  ["ReconcilerFunction", PASS_LEASE_MILLISECONDS],
])("I-21: ends %s before its lease does", (id, lease) => {
  const { Timeout } = resource(readTemplate("AutoScaler"), id).properties;
  expect(Number(Timeout) * 1000).toBeLessThan(lease);
});

it("F-50: a pass's lease is over when the next minute's pass begins", () => {
  // The schedule's minute.
  expect(PASS_LEASE_MILLISECONDS).toBeLessThan(60_000);
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
      Value: { "Fn::GetAtt": ["DeploymentIdParameter", "Value"] },
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

it("T-20: accepts bursts of webhooks well above those of a large pipeline, and throttles the signed ones separately", () => {
  const { DefaultRouteSettings, RouteSettings } = resource(infrastructure, "WebhookStage").properties;
  expect(Object.keys(asMap(RouteSettings))).toEqual(["POST /signed-webhook"]);
  for (const limits of [DefaultRouteSettings, asMap(RouteSettings)["POST /signed-webhook"]].map(asMap)) {
    // 500 jobs at once send up to 1,000 webhooks in two seconds, and GitLab counts a refused webhook as a failure.
    expect(limits.ThrottlingBurstLimit).toBeGreaterThanOrEqual(1000);
    // The running and ended webhooks of as many jobs as start in two seconds.
    expect(limits.ThrottlingRateLimit).toBeGreaterThanOrEqual(250);
  }
});

describe("the topic of all alarms", () => {
  const subscription = resource(infrastructure, "AlarmEmailSubscription");

  it("S-13: takes what CloudWatch says of this account's alarms and what rules of our bus say, and nobody else's word", () => {
    const { PolicyDocument } = resource(infrastructure, "AlarmTopicPolicy").properties;
    expect(asList(at(PolicyDocument, "Statement")).map((each) => resolve(infrastructure, each))).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: "arn:aws:sns:eu-west-1:111122223333:alarmtopic",
        Condition: {
          StringEquals: { "aws:SourceAccount": "111122223333" },
          ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*" },
        },
      },
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sns:Publish",
        Resource: "arn:aws:sns:eu-west-1:111122223333:alarmtopic",
        Condition: {
          StringEquals: { "aws:SourceAccount": "111122223333" },
          ArnLike: { "aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/runners-a/*" },
        },
      },
    ]);
  });

  it("S-13: mails where an address is given, and nothing else needs one", () => {
    const condition = infrastructure.conditions[String(subscription.attributes.Condition)];
    expect(resolve(infrastructure, condition)).toBe(false);
    expect(resolve(infrastructure, condition, { AlarmEmail: "a@example.com" })).toBe(true);
    expect(subscription.properties).toMatchObject({ Protocol: "email", Endpoint: { Ref: "AlarmEmail" } });
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

describe("functions in the runners' network", () => {
  const autoScaler = readTemplate("AutoScaler");
  const functions = ofType(autoScaler, "AWS::Serverless::Function");
  const IN = { FunctionsInVpc: "yes" };

  it("are in none by default, and need no right to it", () => {
    expect(functions.map(({ properties }) => resolve(autoScaler, properties.VpcConfig))).toEqual(
      functions.map(() => null),
    );
    expect(resolve(autoScaler, autoScaler.conditions.AreFunctionsInVpc)).toBe(false);
    const policies = ofType(autoScaler, "AWS::IAM::Role").flatMap(({ properties }) =>
      asList(resolve(autoScaler, properties.ManagedPolicyArns)),
    );
    expect(policies.filter((arn) => String(arn).includes("vpcaccess"))).toEqual([]);
  });

  it("never have KeepPricesFunction with them: AWS alone is asked, in other regions too", () => {
    const { VpcConfig } = resource(autoScaler, "KeepPricesFunction").properties;
    expect(resolve(autoScaler, VpcConfig, IN)).toBeNull();
  });

  it.each(functions.filter(({ id }) => id !== "KeepPricesFunction"))(
    "have $id with them on request, and its role lets Lambda connect it",
    ({ properties }) => {
      expect(resolve(autoScaler, properties.VpcConfig, IN)).toEqual({
        SubnetIds: ["subnet-1", "subnet-2"],
        SecurityGroupIds: ["sg-1"],
      });
      const role = resource(autoScaler, String(asList(asMap(properties.Role)["Fn::GetAtt"])[0])).properties;
      const policies = asList(resolve(autoScaler, role.ManagedPolicyArns, IN)).map(String);
      expect(policies.filter((arn) => arn.includes("vpcaccess"))).toHaveLength(1);
    },
  );

  it("T-23: keep these rights from their own code", () => {
    const statements = asList(
      at(resource(autoScaler, "VpcAccessPolicy").properties, "PolicyDocument", "Statement"),
    );
    const actions = (effect: string) =>
      statements
        .map(asMap)
        .filter(({ Effect }) => Effect === effect)
        .flatMap(({ Action }) => asList(Action));
    expect([...actions("Deny")].sort()).toEqual([...actions("Allow")].sort());
    expect(at(asMap(statements.at(-1)).Condition, "ArnLike", "lambda:SourceFunctionArn")).toBeDefined();
  });
});

it("asks as many questions by sam deploy --guided as the document says: SAM's own, and one a parameter", () => {
  // Name, region, changes, roles, rollback, and three about where answers are kept; for an image, where it goes.
  const asked = (stack: string, ofSam: number) => Object.keys(readTemplate(stack).parameters).length + ofSam;
  const text = readFileSync(join(ROOT, "docs/deployment.md"), "utf8").replaceAll("\n", " ");
  expect(text).toContain(
    `${asked("Infrastructure", 8)} for Infrastructure, ${asked("LambdaShellRunner", 9)} for the Lambda runner, ${asked("AutoScaler", 8)} for AutoScaler`,
  );
});
