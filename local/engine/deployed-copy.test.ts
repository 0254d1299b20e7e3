// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes them so
import { deployedCopy } from "./deployed-copy";
import type { ParsedTemplate } from "./template-file";

const settings = {
  hostUrl: (id: string) => `http://127.0.0.1:1/functions/Stack/${id}`,
  outputs: { WebhookUrl: "http://127.0.0.1:2/webhook" },
};

const copyOf = (template: Partial<ParsedTemplate>) => deployedCopy({ Resources: {}, ...template }, settings);

describe("deployedCopy", () => {
  it("removes what the engine does not support, what refers to it, and its outputs, and lists it", () => {
    const { template, dropped } = copyOf({
      Resources: {
        Address: { Type: "AWS::EC2::EIP" },
        Nat: {
          Type: "AWS::EC2::NatGateway",
          Properties: { AllocationId: { "Fn::GetAtt": ["Address", "AllocationId"] } },
        },
        Route: { Type: "AWS::EC2::Route", Properties: { NatGatewayId: { Ref: "Nat" } } },
        Table: { Type: "AWS::DynamoDB::Table", DependsOn: ["Nat", "Vpc"] },
        Vpc: { Type: "AWS::EC2::VPC", Properties: { Name: { "Fn::Sub": "${AWS::StackName} vpc" } } },
      },
      Outputs: { Ip: { Value: { Ref: "Address" } }, Vpc: { Value: { Ref: "Vpc" } } },
    });
    expect(Object.keys(template.Resources)).toEqual(["Table", "Vpc"]);
    expect(template.Resources.Table?.DependsOn).toEqual(["Vpc"]);
    expect(Object.keys(template.Outputs ?? {})).toEqual(["Vpc"]);
    expect(dropped).toEqual([
      "Address (AWS::EC2::EIP)",
      "Nat (AWS::EC2::NatGateway)",
      "Route (AWS::EC2::Route)",
    ]);
  });

  it("removes an alarm on an expression, which the engine does not compute, and keeps one on a metric", () => {
    const Type = "AWS::CloudWatch::Alarm";
    const { template, dropped } = copyOf({
      Resources: {
        Share: { Type, Properties: { Metrics: [{ Id: "share", Expression: "100 * found / seen" }] } },
        Count: { Type, Properties: { MetricName: "Found" } },
      },
    });
    expect(Object.keys(template.Resources)).toEqual(["Count"]);
    expect(dropped).toEqual(["Share (AWS::CloudWatch::Alarm)"]);
  });

  it("leads a function's calls to the host and keeps its own variables", () => {
    const { template } = copyOf({
      Resources: {
        ReconcilerFunction: {
          Type: "AWS::Serverless::Function",
          Properties: { CodeUri: ".", Environment: { Variables: { LEDGER_TABLE: { Ref: "LedgerTable" } } } },
        },
      },
    });
    expect(template.Resources.ReconcilerFunction?.Properties).toEqual({
      CodeUri: ".",
      Environment: {
        Variables: {
          LEDGER_TABLE: { Ref: "LedgerTable" },
          MINISTACK_LAMBDA_PROXY_URL: "http://127.0.0.1:1/functions/Stack/ReconcilerFunction",
        },
      },
    });
  });

  it("gives an Image function an image that need not be built", () => {
    const { template } = copyOf({
      Resources: {
        RunnerFunction: {
          Type: "AWS::Serverless::Function",
          Metadata: { Dockerfile: "x" },
          Properties: { PackageType: "Image" },
        },
      },
    });
    expect(template.Resources.RunnerFunction).not.toHaveProperty("Metadata");
    expect(template.Resources.RunnerFunction?.Properties).toHaveProperty("ImageUri");
  });

  it("changes an output only where the laptop knows it better", () => {
    const { template } = copyOf({
      Outputs: { WebhookUrl: { Value: "aws" }, Other: { Value: "kept", Description: "d" } },
    });
    expect(template.Outputs).toEqual({
      WebhookUrl: { Value: "http://127.0.0.1:2/webhook" },
      Other: { Value: "kept", Description: "d" },
    });
  });

  it("is otherwise the template", () => {
    const template = {
      Parameters: { Zones: { Type: "Number", Default: 2 } },
      Conditions: { Has: { "Fn::Equals": [1, 2] } },
      Resources: { Bus: { Type: "AWS::Events::EventBus", Condition: "Has", Properties: { Name: "n" } } },
    };
    expect(copyOf(template).template).toEqual(template);
  });
});
