// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes them so
import { CloudFormationClient, CreateChangeSetCommand } from "@aws-sdk/client-cloudformation";
import type { Upstream } from "../../gateway";
import { type GatewayUnderTest, startGatewayUnderTest } from "../../gateway/testing/gateway-under-test";
import { withSupportedTemplates } from "./supported-templates";

const TEMPLATE = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Address: { Type: AWS::EC2::EIP }
  Table: { Type: AWS::DynamoDB::Table, DependsOn: Address, Properties: { Name: !Sub "\${AWS::StackName}-t" } }
Outputs:
  Ip: { Value: !Ref Address }
`;
const SUPPORTED = {
  Transform: "AWS::Serverless-2016-10-31",
  Resources: {
    Table: { Type: "AWS::DynamoDB::Table", Properties: { Name: { "Fn::Sub": "${AWS::StackName}-t" } } },
  },
};

let given: GatewayUnderTest;
let forms: URLSearchParams[];
let dropped: string[];
beforeEach(async () => {
  given = await startGatewayUnderTest();
  [forms, dropped] = [[], []];
});
afterEach(() => given.close());

const engine: Upstream = async ({ request }, response) => {
  forms.push(new URLSearchParams(request.body.toString("utf8")));
  response.writeHead(200, { "content-type": "text/xml" });
  response.end("<CreateChangeSetResponse><CreateChangeSetResult/></CreateChangeSetResponse>");
};

const objects: Readonly<Record<string, string>> = { "/bucket/a/template": TEMPLATE };
const readObject = async (path: string): Promise<Buffer> => {
  const found = objects[path];
  if (found === undefined) throw new Error("404");
  return Buffer.from(found);
};

interface Sent {
  readonly TemplateBody?: string;
  readonly TemplateURL?: string;
}

const deploy = async (template: Sent) => {
  given.handlers["cloudformation CreateChangeSet"] = withSupportedTemplates(
    readObject,
    (sentence) => dropped.push(sentence),
    engine,
  );
  const client = new CloudFormationClient({
    endpoint: given.endpoint,
    region: "eu-west-1",
    credentials: given.operator,
    maxAttempts: 1,
  });
  const names = { StackName: "stack", ChangeSetName: "change", Capabilities: ["CAPABILITY_IAM" as const] };
  await client.send(new CreateChangeSetCommand({ ...names, ...template }));
  client.destroy();
  return forms[0] ?? new URLSearchParams();
};

describe("a stack's template on its way to the engine", () => {
  it.each<[string, Sent]>([
    ["in the request", { TemplateBody: TEMPLATE }],
    ["in S3", { TemplateURL: `http://localhost:4566/bucket/a/template` }],
  ])("loses what the engine cannot make, from a template %s", async (_, template) => {
    const form = await deploy(template);
    expect(JSON.parse(form.get("LaptopTemplate") ?? "")).toEqual(SUPPORTED);
    expect(form.get("TemplateBody")).toBe(template.TemplateBody ?? null);
    expect(form.get("TemplateURL")).toBe(template.TemplateURL ?? null);
    expect(form.get("Capabilities.member.1")).toBe("CAPABILITY_IAM");
    expect(dropped).toEqual(["stack is deployed without Address (AWS::EC2::EIP)"]);
  });

  it.each<[string, Sent]>([
    ["it supports all of", { TemplateBody: "Resources: { Bus: { Type: AWS::Events::EventBus } }" }],
    ["it refuses itself, since it is no YAML", { TemplateBody: "{" }],
    ["it refuses itself, since it has no resources", { TemplateBody: "Outputs: {}" }],
    ["that is not there", { TemplateURL: "http://localhost:4566/bucket/none" }],
    ["that has no address", { TemplateURL: "bucket" }],
  ])("reaches it unchanged: one %s", async (_, template) => {
    const form = await deploy(template);
    expect(form.has("LaptopTemplate")).toBe(false);
    expect(form.get("TemplateBody")).toBe(template.TemplateBody ?? null);
    expect(dropped).toEqual([]);
  });
});
