// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes them so
import { supportedTemplate } from "./supported-template";
import type { ParsedTemplate } from "./template-file";

const supported = (template: Partial<ParsedTemplate>) => supportedTemplate({ Resources: {}, ...template });

describe("supportedTemplate", () => {
  it("removes what the engine does not support, what refers to it, and its outputs, and lists it", () => {
    const { template, dropped } = supported({
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
    const { template, dropped } = supported({
      Resources: {
        Share: { Type, Properties: { Metrics: [{ Id: "share", Expression: "100 * found / seen" }] } },
        Count: { Type, Properties: { MetricName: "Found" } },
      },
    });
    expect(Object.keys(template.Resources)).toEqual(["Count"]);
    expect(dropped).toEqual(["Share (AWS::CloudWatch::Alarm)"]);
  });

  it("is otherwise the template", () => {
    const template = {
      Parameters: { Zones: { Type: "Number", Default: 2 } },
      Conditions: { Has: { "Fn::Equals": [1, 2] } },
      Resources: { Bus: { Type: "AWS::Events::EventBus", Condition: "Has", Properties: { Name: "n" } } },
    };
    expect(supported(template)).toEqual({ template, dropped: [] });
  });
});
