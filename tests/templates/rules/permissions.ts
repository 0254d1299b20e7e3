import { identityPolicies, policyNamed, roleStatements } from "../iam";
import { asList, asMap, ofType, type Properties, type Template, type Value } from "../read-template";
import { resolve } from "../resolve";
import type { TemplateRule } from "./rule";

/** Actions of the templates for which AWS defines no resource. https://docs.aws.amazon.com/service-authorization/ */
export const WILDCARD_ONLY = [
  "ec2:DescribeInstances",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSpotPriceHistory",
  "ec2:DescribeSubnets",
  "lambda:GetAccountSettings",
  "lambda:ListMicrovms",
  "lambda:PassNetworkConnector",
  "pricing:GetProducts",
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
  "logs:CreateLogDelivery",
  "logs:GetLogDelivery",
  "logs:UpdateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:DescribeResourcePolicies",
  "logs:DescribeLogGroups",
  "lambda:PassNetworkConnector",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
];

/** Services that name the account when they assume a role or invoke a function. Lambda and EC2 do not. */
const NAMES_ITS_ACCOUNT = ["apigateway.amazonaws.com", "events.amazonaws.com", "states.amazonaws.com"];

const texts = (value: Value | undefined): readonly string[] => asList(value).map(String);

const tooWide = ({ Action, NotAction, NotResource, Resource, Effect }: Properties): boolean => {
  if (Effect !== "Allow") return Effect !== "Deny";
  if (NotAction !== undefined || NotResource !== undefined) return true;
  if (texts(Action).some((action) => action.includes("*"))) return true;
  if (!texts(Resource).includes("*")) return false;
  return texts(Action).some((action) => !WILDCARD_ONLY.includes(action));
};

const wide: TemplateRule = {
  id: "S-3",
  says: "grants no wildcard action, and a wildcard resource only where AWS defines no other",
  check: (template) =>
    identityPolicies(template)
      .filter(({ statement }) => tooWide(statement))
      .map(({ owner, statement }) => `${owner} grants too much: ${JSON.stringify(statement)}`),
  bad: [
    `{ Effect: Allow, Action: "*", Resource: "arn:aws:sqs:::q" }`,
    `{ Effect: Allow, Action: "dynamodb:*", Resource: "arn:aws:dynamodb:::t" }`,
    `{ Effect: Allow, Action: [sqs:SendMessage, "ec2:Describe*"], Resource: "*" }`,
    `{ Effect: Allow, Action: ec2:TerminateInstances, Resource: "*" }`,
    `{ Effect: Allow, NotAction: iam:PassRole, Resource: "arn:aws:sqs:::q" }`,
    `{ Effect: Allow, Action: sqs:SendMessage, NotResource: "arn:aws:sqs:::q" }`,
    `{ Effect: Alow, Action: sqs:SendMessage, Resource: "arn:aws:sqs:::q" }`,
  ].flatMap((statement) => [
    `Resources: { R: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyDocument: { Statement: [${statement}] } }] } } }`,
    // A boundary too: one that allows all but a list holds nothing that nobody thought of.
    `Resources: { B: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: [${statement}] } } } }`,
  ]),
};

/** Whether a statement without a condition allows an action on all resources of another one. */
const covers = (one: Properties, other: Properties, action: string): boolean =>
  one !== other &&
  one.Effect === "Allow" &&
  one.Condition === undefined &&
  texts(one.Action).includes(action) &&
  texts(other.Resource).every((resource) => texts(one.Resource).includes(resource));

const twice = (template: Template): readonly string[] =>
  ofType(template, "AWS::IAM::Role").flatMap(({ id }) => {
    const statements = roleStatements(template, id).filter(({ Effect }) => Effect === "Allow");
    return statements.flatMap((statement) =>
      texts(statement.Action)
        .filter((action) => statements.some((one) => covers(one, statement, action)))
        .map((action) => `${id} is granted ${action} by another of its statements too`),
    );
  });

const once: TemplateRule = {
  id: "S-3",
  says: "grants each right of a role by one statement",
  check: twice,
  bad: [
    `{ Effect: Allow, Action: dynamodb:GetItem, Resource: ["arn:aws:dynamodb:::t"], Condition: { "Null": { "dynamodb:LeadingKeys": "false" } } }`,
    `{ Effect: Allow, Action: [dynamodb:Query, dynamodb:GetItem], Resource: "arn:aws:dynamodb:::t" }`,
  ].map(
    (statement) =>
      `Resources: { R: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyDocument: { Statement: [${statement}, { Effect: Allow, Action: [dynamodb:GetItem], Resource: ["arn:aws:dynamodb:::t", "arn:aws:dynamodb:::u"] }] } }] } } }`,
  ),
};

const implied = (template: Template): readonly string[] =>
  ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"].flatMap((type) =>
    ofType(template, type)
      .filter(({ properties }) => properties.Role === undefined || properties.Policies !== undefined)
      .map(({ id }) => `${id} lets SAM write its role, which adds policies of AWS's`),
  );

/** The template's own policies that roles may share, without boundaries. */
const shareable = (template: Template): readonly string[] => {
  const boundaries = ofType(template, "AWS::IAM::Role").map(
    ({ properties }) => properties.PermissionsBoundary,
  );
  return ofType(template, "AWS::IAM::ManagedPolicy")
    .map(({ id }) => id)
    .filter((id) => !boundaries.some((boundary) => asMap(boundary).Ref === id));
};

const foreignPolicies = (template: Template): readonly string[] =>
  ofType(template, "AWS::IAM::Role")
    .filter(({ properties }) =>
      asList(properties.ManagedPolicyArns).some((arn) => !shareable(template).includes(policyNamed(arn))),
    )
    .map(({ id }) => `${id} takes a policy that the template does not write out`);

/** A policy that lists its roles would not be visible at the roles. */
const attachedElsewhere = (template: Template): readonly string[] =>
  ofType(template, "AWS::IAM::ManagedPolicy")
    .filter(({ properties }) => ["Roles", "Users", "Groups"].some((key) => properties[key] !== undefined))
    .map(({ id }) => `${id} attaches itself`);

const managed: TemplateRule = {
  id: "S-4",
  says: "declares every policy itself: none is managed by AWS, none is added by SAM",
  check: (template) => [...implied(template), ...foreignPolicies(template), ...attachedElsewhere(template)],
  bad: [
    "Resources: { F: { Type: AWS::Serverless::Function, Properties: { Policies: [AmazonSSMFullAccess] } } }",
    'Resources: { F: { Type: AWS::Serverless::Function, Properties: { Role: x, Policies: [{ LambdaInvokePolicy: { FunctionName: "" } }] } } }',
    "Resources: { R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonEC2FullAccess] } } }",
    "Parameters: { P: { Type: String, Default: x } }\nResources: { R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: [!Ref P] } } }",
    "Resources: { R: { Type: AWS::IAM::Role, Properties: { PermissionsBoundary: !Ref B, ManagedPolicyArns: [!Ref B] } }, B: { Type: AWS::IAM::ManagedPolicy, Properties: {} } }",
    "Resources: { P: { Type: AWS::IAM::ManagedPolicy, Properties: { Roles: [admin] } } }",
  ],
};

/** `role/<path>/*`: a stack that comes later makes them. */
const OF_ONE_PATH = /(?<=:role\/[^*]+\/)\*$/;

const passRole: TemplateRule = {
  id: "S-5",
  says: "passes one named role, or those of one path, to one service",
  check: (template) =>
    identityPolicies(template)
      .filter(({ statement }) => texts(statement.Action).some((action) => /^iam:PassRole$/i.test(action)))
      .filter(
        ({ statement }) =>
          texts(statement.Resource).length !== 1 ||
          texts(statement.Resource).some((arn) => arn.replace(OF_ONE_PATH, "").includes("*")) ||
          texts(asMap(asMap(statement.Condition).StringEquals)["iam:PassedToService"]).length !== 1,
      )
      .map(({ owner }) => `${owner} may pass roles that are not named, or to any service`),
  bad: [
    `{ Effect: Allow, Action: iam:PassRole, Resource: "arn:aws:iam::1:role/*", Condition: { StringEquals: { iam:PassedToService: ec2.amazonaws.com } } }`,
    `{ Effect: Allow, Action: iam:PassRole, Resource: "arn:aws:iam::1:role/r" }`,
  ].map(
    (statement) =>
      `Resources: { R: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyDocument: { Statement: [${statement}] } }] } } }`,
  ),
};

/** Roles of the template that another one names as its only takers. */
const trustsOwnRoles = (template: Template, principal: Properties): boolean => {
  const roles = ofType(template, "AWS::IAM::Role").map(({ id }) =>
    resolve(template, { "Fn::GetAtt": [id, "Arn"] }),
  );
  const takers = asList(principal.AWS);
  return (
    Object.keys(principal).join() === "AWS" && takers.length > 0 && takers.every((arn) => roles.includes(arn))
  );
};

const trustFault = (template: Template, statement: Properties): string | undefined => {
  const principal = asMap(statement.Principal);
  if (trustsOwnRoles(template, principal)) return undefined;
  const [service, ...others] = texts(principal.Service);
  if (service === undefined || others.length > 0 || Object.keys(principal).length !== 1) {
    return "trusts anything but one service or roles of the template";
  }
  const conditions = Object.values(asMap(statement.Condition)).flatMap((keys) => Object.keys(asMap(keys)));
  return NAMES_ITS_ACCOUNT.includes(service) && !conditions.includes("aws:SourceAccount")
    ? `trusts ${service} on behalf of any account`
    : undefined;
};

const trust: TemplateRule = {
  id: "S-6",
  says: "trusts one service per role, or named roles of the template, and only for this account where the service names the account",
  check: (template) =>
    ofType(template, "AWS::IAM::Role").flatMap(({ id, properties }) => {
      const document = asMap(resolve(template, properties.AssumeRolePolicyDocument));
      const faults = asList(document.Statement).map((statement) => trustFault(template, asMap(statement)));
      return faults.flatMap((fault) => (fault === undefined ? [] : `${id} ${fault}`));
    }),
  bad: [
    "{ Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: sts:AssumeRole }",
    '{ Effect: Allow, Principal: "*", Action: sts:AssumeRole }',
    '{ Effect: Allow, Principal: { AWS: "*" }, Action: sts:AssumeRole }',
    '{ Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: sts:AssumeRole }',
    '{ Effect: Allow, Principal: { AWS: [!GetAtt R.Arn, "arn:aws:iam::111122223333:role/admin"] }, Action: sts:AssumeRole }',
    "{ Effect: Allow, Principal: { AWS: !GetAtt R.Arn, Service: ec2.amazonaws.com }, Action: sts:AssumeRole }",
    "{ Effect: Allow, Principal: { Service: [lambda.amazonaws.com, ec2.amazonaws.com] }, Action: sts:AssumeRole }",
  ].map(
    (statement) =>
      `Resources: { R: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: { Statement: [${statement}] } } } }`,
  ),
};

const permissions: TemplateRule = {
  id: "S-6",
  says: "lets a service invoke a function for one named source",
  check: (template) =>
    ofType(template, "AWS::Lambda::Permission")
      .filter(({ properties }) => properties.SourceArn === undefined)
      .map(({ id }) => `${id} lets any source of the service invoke the function`),
  bad: [
    "Resources: { P: { Type: AWS::Lambda::Permission, Properties: { Action: lambda:InvokeFunction, Principal: events.amazonaws.com } } }",
  ],
};

/** Roles whose credentials job code can get. */
const RUNNER_ROLES = ["RunnerRole", "RunnerInstanceRole"];

const boundary: TemplateRule = {
  id: "T-23",
  says: "puts a boundary on the roles of runners",
  check: (template) =>
    ofType(template, "AWS::IAM::Role")
      .filter(
        ({ id, properties }) => RUNNER_ROLES.includes(id) && properties.PermissionsBoundary === undefined,
      )
      .map(({ id }) => `${id} has no boundary`),
  bad: ["Resources: { RunnerRole: { Type: AWS::IAM::Role, Properties: {} } }"],
};

export const permissionRules = [wide, once, managed, passRole, trust, permissions, boundary];
