import { asList, asMap, type Template, type Value } from "./read-template";

/** The account and region that the tests assume. */
export const ACCOUNT = "111122223333";
export const REGION = "eu-west-1";

const PSEUDO: Readonly<Record<string, string>> = {
  "AWS::AccountId": ACCOUNT,
  "AWS::Region": REGION,
  "AWS::Partition": "aws",
  "AWS::URLSuffix": "amazonaws.com",
  "AWS::StackId": `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/runners/51af3dc0-da77-11e4-872e-1234567db123`,
};

/** The deployment that the tests assume. */
export const DEPLOYMENT_ID = "runners-a";

/** Parameters that Infrastructure publishes, in two zones. */
const PUBLISHED: Readonly<Record<string, string>> = {
  "deployment-id": DEPLOYMENT_ID,
  "subnet-ids": "subnet-1,subnet-2",
  "subnet-id-1": "subnet-1",
  "subnet-id-2": "subnet-2",
  "subnet-id-3": "subnet-1",
  "runner-security-group-id": "sg-1",
  "bootstrap-table-name": "bootstrap",
  "report-runner-end-function-arn": `arn:aws:lambda:${REGION}:${ACCOUNT}:function:report-runner-end`,
  "bootstrap-table-arn": `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/bootstrap`,
  "cache-bucket-name": "cache-bucket",
  "assign-public-ip": "true",
  "alarm-topic-arn": `arn:aws:sns:${REGION}:${ACCOUNT}:runners-a-alarms`,
  "runbook-url": "https://docs.example.com/runbook.md",
  "webhook-api-id": "api123",
  "authorizer-name": "authorize-webhook",
  "alarm-arns": `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:one,arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:two`,
};

/** What CloudFormation reads of Parameter Store when it deploys: `{{resolve:ssm:/gitlabrunner/infrastructure/deployment-id}}`. */
const DYNAMIC_REFERENCE = /\{\{resolve:ssm:([^}]+)\}\}/g;

/** What LambdaShellRunner publishes, and other stacks read when they are deployed. */
const BY_LAMBDA_SHELL_RUNNER: Readonly<Record<string, string>> = {
  "alarm-arns": `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:three`,
};

const published = (path: string): string => {
  const [, stack, leaf = ""] =
    /^\/gitlabrunner\/(infrastructure|lambda-shell-runner)\/([a-z0-9-]+)$/.exec(path) ?? [];
  const value = (stack === "infrastructure" ? PUBLISHED : BY_LAMBDA_SHELL_RUNNER)[leaf];
  if (value === undefined) throw new Error(`Nobody publishes ${path}`);
  return value;
};

const lower = (id: string): string => id.toLowerCase();

/** A well-formed ARN for a resource that does not exist. */
const ARN: Readonly<Record<string, (id: string) => string>> = {
  "AWS::DynamoDB::Table": (id) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${lower(id)}`,
  "AWS::Logs::LogGroup": (id) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${lower(id)}:*`,
  "AWS::Serverless::Function": (id) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${lower(id)}`,
  "AWS::Serverless::StateMachine": (id) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${lower(id)}`,
  "AWS::Events::Rule": (id) => `arn:aws:events:${REGION}:${ACCOUNT}:rule/${lower(id)}`,
  "AWS::Events::EventBus": () => `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/runners-a`,
  "AWS::SQS::Queue": (id) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${lower(id)}`,
  "AWS::IAM::Role": (id) => `arn:aws:iam::${ACCOUNT}:role/${lower(id)}`,
  "AWS::S3::Bucket": (id) => `arn:aws:s3:::${lower(id)}`,
  "AWS::SNS::Topic": (id) => `arn:aws:sns:${REGION}:${ACCOUNT}:${lower(id)}`,
  "AWS::IAM::InstanceProfile": (id) => `arn:aws:iam::${ACCOUNT}:instance-profile/${lower(id)}`,
};

/** Types whose Ref is their ARN, of those that the templates use. */
const REF_IS_ARN = ["AWS::Serverless::StateMachine", "AWS::IAM::ManagedPolicy", "AWS::SNS::Topic"];

export type Given = Readonly<Record<string, string | string[]>>;

const parameterValue = (template: Template, id: string, given: Given): Value | undefined => {
  const parameter = template.parameters[id];
  if (parameter === undefined) return undefined;
  if (given[id] !== undefined) return given[id];
  const text = String(parameter.Default);
  const type = String(parameter.Type);
  return type === "CommaDelimitedList" ? text.split(",") : text;
};

const arnOf = (template: Template, id: string): string => {
  const type = template.resources.find((resource) => resource.id === id)?.type ?? "";
  return ARN[type]?.(id) ?? `arn:aws:unknown:::${lower(id)}`;
};

/** Evaluates a template's intrinsic functions with the parameters' defaults, overridden by the given values. */
export const resolve = (template: Template, value: Value | undefined, given: Given = {}): Value => {
  const again = (inner: Value | undefined): Value => resolve(template, inner, given);
  const text = (inner: Value | undefined): string => String(again(inner));
  const ref = (id: string): Value => {
    if (id === "AWS::NoValue") return null;
    if (id === "AWS::StackName" && given[id] === undefined)
      return template.name === "Infrastructure" ? "runners-a" : lower(template.name);
    const type = template.resources.find((resource) => resource.id === id)?.type ?? "";
    // Infrastructure names it as its stack.
    if (type === "AWS::Events::EventBus") return "runners-a";
    return (
      PSEUDO[id] ??
      given[id] ??
      parameterValue(template, id, given) ??
      (REF_IS_ARN.includes(type) ? arnOf(template, id) : lower(id))
    );
  };
  /** A parameter's value is what the template gives it. */
  const stored = (id: string): Value => {
    const parameter = template.resources.find((one) => one.id === id && one.type === "AWS::SSM::Parameter");
    return again(parameter?.properties.Value);
  };
  const attribute = (id: string, name: string): Value => {
    if (name === "Arn") return arnOf(template, id);
    return (name === "Value" ? stored(id) : null) ?? `${lower(id)}.${name}`;
  };
  const sub = (pattern: string, own: Value | undefined): string =>
    pattern.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
      const mine = asMap(own)[name];
      if (mine !== undefined) return text(mine);
      const dot = name.indexOf(".");
      return String(dot < 0 ? ref(name) : attribute(name.slice(0, dot), name.slice(dot + 1)));
    });
  const FUNCTIONS: Readonly<Record<string, (argument: Value) => Value>> = {
    Ref: (id) => ref(String(id)),
    Condition: (id) => again(template.conditions[String(id)]),
    "Fn::GetAtt": (list) => attribute(String(asList(list)[0]), String(asList(list)[1])),
    "Fn::Sub": (argument) =>
      sub(String(asList(argument)[0]), asList(argument)[1]).replace(DYNAMIC_REFERENCE, (_, path: string) =>
        published(path),
      ),
    "Fn::Join": (list) =>
      asList(again(asList(list)[1]))
        .filter((item) => item !== null)
        .join(String(asList(list)[0])),
    "Fn::Split": (list) => text(asList(list)[1]).split(String(asList(list)[0])),
    "Fn::Select": (list) => asList(again(asList(list)[1]))[Number(again(asList(list)[0]))] ?? null,
    "Fn::Equals": (list) => text(asList(list)[0]) === text(asList(list)[1]),
    "Fn::Not": (list) => !again(asList(list)[0]),
    "Fn::And": (list) => asList(list).every((item) => again(item)),
    "Fn::If": (list) => {
      const [condition, yes, no] = asList(list);
      return again(again(template.conditions[String(condition)]) ? yes : no);
    },
    "Fn::Base64": again,
    "Fn::GetAZs": () => ["a", "b", "c"].map((zone) => `${REGION}${zone}`),
    "Fn::Cidr": (list) => Array.from({ length: Number(asList(list)[1]) }, (_, index) => `cidr-${index}`),
  };
  if (Array.isArray(value)) return value.map(again).filter((item) => item !== null);
  if (typeof value !== "object" || value === null) return value ?? null;
  const [only, ...others] = Object.entries(value);
  const apply = only !== undefined && others.length === 0 ? FUNCTIONS[only[0]] : undefined;
  if (apply !== undefined && only !== undefined) return apply(only[1]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, again(item)]));
};
