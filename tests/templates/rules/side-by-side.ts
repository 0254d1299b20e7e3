import { asList, asMap, ofType, type Resource, type Template, type Value } from "../read-template";
import type { TemplateRule } from "./rule";

const text = (value: Value | undefined): string => JSON.stringify(value ?? null);
const waitsFor = ({ attributes }: Resource): readonly string[] => asList(attributes.DependsOn).map(String);

/** CloudFormation makes at the same time what does not refer to one another. */
const follows = (template: Template, one: Resource, other: Resource): boolean =>
  waitsFor(one).some((id) => {
    const next = template.resources.find((resource) => resource.id === id);
    return id === other.id || (next !== undefined && follows(template, next, other));
  });

/** Resources that CloudFormation makes by reading a list, adding to it and writing it back. */
const SHARED: Readonly<Record<string, string>> = {
  "AWS::Events::EventBusPolicy": "EventBusName",
  "AWS::Logs::SubscriptionFilter": "LogGroupName",
};

const pairs = (resources: readonly Resource[]): readonly (readonly [Resource, Resource])[] =>
  resources.flatMap((one, index) => resources.slice(index + 1).map((other) => [one, other] as const));

const sharedFaults = (template: Template): readonly string[] =>
  Object.entries(SHARED).flatMap(([type, owner]) =>
    pairs(ofType(template, type))
      .filter(([one, other]) => text(one.properties[owner]) === text(other.properties[owner]))
      .filter(([one, other]) => !follows(template, one, other) && !follows(template, other, one))
      .map(([one, other]) => `${one.id} and ${other.id} overwrite each other`),
  );

/** What a resource needs and does not refer to, by type and a property that it has then. */
const NEEDED: readonly (readonly [type: string, property: string, needs: string])[] = [
  ["AWS::EC2::EIP", "Domain", "AWS::EC2::VPCGatewayAttachment"],
  ["AWS::EC2::Route", "GatewayId", "AWS::EC2::VPCGatewayAttachment"],
  ["AWS::ApiGatewayV2::Stage", "RouteSettings", "AWS::ApiGatewayV2::Route"],
  ["AWS::Logs::SubscriptionFilter", "DestinationArn", "AWS::Lambda::Permission"],
];

const neededFaults = (template: Template): readonly string[] =>
  NEEDED.flatMap(([type, property, needs]) =>
    ofType(template, type)
      .filter(({ properties }) => properties[property] !== undefined)
      .filter((one) => !ofType(template, needs).some(({ id }) => waitsFor(one).includes(id)))
      .map(({ id }) => `${id} may be made before the ${needs} that it needs`),
  );

const order: TemplateRule = {
  id: "S-29",
  says: "makes one after the other what would fail or be lost side by side",
  check: (template) => [...sharedFaults(template), ...neededFaults(template)],
  bad: [
    "Resources: { P: { Type: AWS::Events::EventBusPolicy, Properties: { EventBusName: b } }, Q: { Type: AWS::Events::EventBusPolicy, Properties: { EventBusName: b } } }",
    "Resources: { A: { Type: AWS::EC2::EIP, Properties: { Domain: vpc } } }",
    "Resources: { A: { Type: AWS::EC2::Route, Properties: { GatewayId: !Ref G } }, B: { Type: AWS::EC2::VPCGatewayAttachment } }",
    "Resources: { S: { Type: AWS::ApiGatewayV2::Stage, Properties: { RouteSettings: {} } } }",
    "Resources: { S: { Type: AWS::Logs::SubscriptionFilter, Properties: { DestinationArn: f } }, P: { Type: AWS::Lambda::Permission } }",
  ],
};

/** The property that holds a name which exists once in an account and region (an account, for IAM). */
const NAMES: Readonly<Record<string, string>> = {
  "AWS::CloudWatch::Alarm": "AlarmName",
  "AWS::DynamoDB::Table": "TableName",
  "AWS::EC2::LaunchTemplate": "LaunchTemplateName",
  "AWS::ECR::Repository": "RepositoryName",
  "AWS::Events::EventBus": "Name",
  "AWS::Events::EventBusPolicy": "StatementId",
  "AWS::Events::Rule": "Name",
  "AWS::IAM::InstanceProfile": "InstanceProfileName",
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
  "AWS::IAM::Role": "RoleName",
  "AWS::Lambda::Function": "FunctionName",
  "AWS::Logs::LogGroup": "LogGroupName",
  "AWS::SQS::Queue": "QueueName",
  "AWS::SSM::Parameter": "Name",
  "AWS::Serverless::Function": "FunctionName",
  "AWS::Serverless::StateMachine": "Name",
  "AWS::StepFunctions::StateMachine": "StateMachineName",
};

const OF_THE_STACK = /AWS::StackName|AWS::StackId|ConfigurationPath/;

/** Statements of a bus that the template itself makes meet no other stack's. */
const isOnOwnBus = (template: Template, { properties }: Resource): boolean =>
  ofType(template, "AWS::Events::EventBus").some(({ id }) => asMap(properties.EventBusName).Ref === id);

const names: TemplateRule = {
  id: "S-29",
  says: "has no name that a second deployment of the same template would want too",
  check: (template) =>
    template.resources
      .filter(({ type, properties }) => properties[NAMES[type] ?? ""] !== undefined)
      .filter(({ type, properties }) => !OF_THE_STACK.test(text(properties[NAMES[type] ?? ""])))
      .filter((one) => !isOnOwnBus(template, one))
      .map(({ id }) => `${id} has a name that there can be only once`),
  bad: [
    "Resources: { G: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /aws/vendedlogs/states/start-runner } } }",
    "Resources: { P: { Type: AWS::Events::EventBusPolicy, Properties: { EventBusName: !Ref EventBusName, StatementId: reconciler-only } } }",
    "Resources: { R: { Type: AWS::IAM::Role, Properties: { RoleName: runner-role } } }",
  ],
};

export const sideBySideRules = [order, names];
