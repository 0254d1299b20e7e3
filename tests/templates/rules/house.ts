import { asList, asMap, at, ofType, type Template, type Value } from "../read-template";
import type { TemplateRule } from "./rule";

const grouped = (template: Template): readonly string[] =>
  asList(at(template.metadata, "AWS::CloudFormation::Interface", "ParameterGroups"))
    .flatMap((group) => asList(asMap(group).Parameters))
    .map(String);

const parameterFaults = (template: Template): readonly string[] => {
  const inGroups = grouped(template);
  return Object.entries(template.parameters).flatMap(([name, parameter]) => [
    ...(parameter.Description === undefined ? [`${name} is not described`] : []),
    ...(parameter.Default === undefined ? [`${name} has no default`] : []),
    ...(inGroups.filter((item) => item === name).length === 1 ? [] : [`${name} is in no group, or in two`]),
    ...(parameter.AllowedPattern !== undefined && parameter.ConstraintDescription === undefined
      ? [`${name} refuses without saying what to change`]
      : []),
  ]);
};

const parameters: TemplateRule = {
  id: "House style",
  says: "describes and groups every parameter, with a default, and says how to correct an invalid value",
  check: parameterFaults,
  bad: [
    "Parameters: { P: { Type: String, Default: x, Description: d } }",
    "Metadata: { AWS::CloudFormation::Interface: { ParameterGroups: [{ Parameters: [P] }] } }\nParameters: { P: { Type: String, Default: x } }",
    "Metadata: { AWS::CloudFormation::Interface: { ParameterGroups: [{ Parameters: [P] }] } }\nParameters: { P: { Type: String, Description: d } }",
    "Metadata: { AWS::CloudFormation::Interface: { ParameterGroups: [{ Parameters: [P] }] } }\nParameters: { P: { Type: String, Default: x, Description: d, AllowedPattern: a } }",
  ],
};

const outputs: TemplateRule = {
  id: "House style",
  says: "describes every output and exports none",
  check: (template) =>
    Object.entries(template.outputs).flatMap(([name, output]) => [
      ...(output.Description === undefined ? [`${name} is not described`] : []),
      ...(output.Export === undefined ? [] : [`${name} would lock the stack that exports it`]),
    ]),
  bad: ["Outputs: { O: { Value: x } }", "Outputs: { O: { Value: x, Description: d, Export: { Name: n } } }"],
};

const sentences: TemplateRule = {
  id: "House style",
  says: "refuses impossible combinations with a message that says what to set",
  check: (template) =>
    Object.entries(template.rules).flatMap(([name, rule]) =>
      asList(rule.Assertions)
        .map((assertion) => String(asMap(assertion).AssertDescription ?? ""))
        .filter((sentence) => !/\b(Set|Empty) \w+/.test(sentence))
        .map(() => `${name} does not say what to set`),
    ),
  bad: ["Rules: { R: { Assertions: [{ Assert: x, AssertDescription: Impossible. }] } }"],
};

/** Types with tags as a list of keys and values, as a map, or in a nested property. */
const TAGGED = [
  "AWS::Serverless::Function",
  "AWS::Serverless::StateMachine",
  "AWS::DynamoDB::Table",
  "AWS::SQS::Queue",
  "AWS::SNS::Topic",
  "AWS::Logs::LogGroup",
  "AWS::IAM::Role",
  "AWS::Events::EventBus",
  "AWS::ECR::Repository",
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Stage",
  "AWS::SSM::Parameter",
  "AWS::CloudWatch::Alarm",
  "AWS::EC2::VPC",
  "AWS::EC2::InternetGateway",
  "AWS::EC2::Subnet",
  "AWS::EC2::RouteTable",
  "AWS::EC2::SecurityGroup",
  "AWS::EC2::NatGateway",
  "AWS::EC2::EIP",
];

const tagOf = (tags: Value | undefined): Value | undefined =>
  Array.isArray(tags)
    ? tags.map(asMap).find(({ Key }) => Key === "glr:stack")?.Value
    : asMap(tags)["glr:stack"];

/** The deployment id is the name of Infrastructure's stack; the other stacks read it, and keep it in a parameter of theirs. */
const READ = /^\{\{resolve:ssm:\$\{ConfigurationPath\}\/infrastructure\/deployment-id\}\}$/;
const isDeploymentId = (value: Value | undefined): boolean =>
  asMap(value).Ref === "AWS::StackName" ||
  asList(asMap(value)["Fn::GetAtt"]).join(".") === "DeploymentIdParameter.Value" ||
  READ.test(String(asMap(value)["Fn::Sub"]));

const tags: TemplateRule = {
  id: "T-26",
  says: "tags everything with its deployment",
  check: (template) => [
    ...template.resources
      .filter(({ type, properties }) => TAGGED.includes(type) && !isDeploymentId(tagOf(properties.Tags)))
      .map(({ id }) => `${id} does not say whose it is`),
    ...ofType(template, "AWS::EC2::LaunchTemplate")
      .filter(({ properties }) => {
        const own = asList(properties.TagSpecifications);
        const launched = asList(at(properties, "LaunchTemplateData", "TagSpecifications"));
        return (
          [...own, ...launched].some((one) => !isDeploymentId(tagOf(asMap(one).Tags))) || own.length === 0
        );
      })
      .map(({ id }) => `${id}, or what it launches, does not say whose it is`),
  ],
  bad: [
    "Resources: { T: { Type: AWS::DynamoDB::Table, Properties: {} } }",
    "Resources: { T: { Type: AWS::DynamoDB::Table, Properties: { Tags: [{ Key: glr:stack, Value: mine }] } } }",
    "Resources: { L: { Type: AWS::EC2::LaunchTemplate, Properties: { LaunchTemplateData: {} } } }",
  ],
};

/**
 * ES modules with splitting: what a function imports later is in a file of its own, which its start does not read. The
 * target is node20, although functions run on a newer Node: the laptop runs the same bundles on Node 20.19 or newer.
 * Without KeepNames, which makes the load at init a tenth longer: errors have their names as text, and nothing goes by the name
 * of a class or function. Without the clients' sources of credentials that no function has, which take a sixth of it.
 */
const BUILD = {
  Target: "node20",
  Format: "esm",
  Splitting: true,
  OutExtension: [".js=.mjs"],
  MainFields: "module,main",
  LegalComments: "none",
  External: [
    "@aws-sdk/credential-provider-http",
    "@aws-sdk/credential-provider-ini",
    "@aws-sdk/credential-provider-process",
    "@aws-sdk/credential-provider-sso",
    "@aws-sdk/credential-provider-web-identity",
    "@smithy/credential-provider-imds",
    "bowser",
  ],
};

const builds: TemplateRule = {
  id: "House style",
  says: "builds all functions with the same options, each from the file that its handler names",
  check: (template) =>
    ofType(template, "AWS::Serverless::Function")
      .filter(({ properties }) => properties.PackageType !== "Image")
      .filter(({ attributes, properties }) => {
        const { EntryPoints, ...build } = asMap(at(attributes, "Metadata", "BuildProperties"));
        const file = String(asList(EntryPoints)[0]).split("/").at(-1)?.replace(/\.ts$/, "");
        return (
          JSON.stringify(build) !== JSON.stringify(BUILD) ||
          at(attributes, "Metadata", "BuildMethod") !== "esbuild" ||
          asList(EntryPoints).length !== 1 ||
          properties.CodeUri !== "." ||
          properties.Handler !== `${file}.handler`
        );
      })
      .map(({ id }) => `${id} is built in its own way`),
  bad: [
    "Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: .., Handler: x.handler } } }",
    `Resources: { F: { Type: AWS::Serverless::Function, Metadata: { BuildMethod: esbuild, BuildProperties: ${JSON.stringify({ ...BUILD, EntryPoints: ["src/x.ts"] })} }, Properties: { CodeUri: ., Handler: y.handler } } }`,
  ],
};

export const houseRules = [parameters, outputs, sentences, tags, builds];
