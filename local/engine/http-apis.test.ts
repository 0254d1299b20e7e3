// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes them so
import { existsSync } from "node:fs";
import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
  waitUntilStackUpdateComplete,
} from "@aws-sdk/client-cloudformation";
import { describeWith } from "../../tests/needs";
import { jsonReader } from "../deployed";
import { readHttpApis } from "../webhook-api/read-apis";
import { API_ORIGIN, type GuardedEngine, PYTHON, startGuardedEngine } from "./testing/guarded-engine";

jest.setTimeout(60_000);

const ROLE = "arn:aws:iam::123456789012:role/integration";

const template = (burst: number, role = ROLE): string => {
  const ApiId = { Ref: "Api" };
  const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:authorize";
  const AuthorizerUri = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
  const authorizer = { Name: "a", AuthorizerType: "REQUEST", IdentitySource: ["$request.header.T"] };
  const integration = { IntegrationType: "AWS_PROXY", IntegrationSubtype: "EventBridge-PutEvents" };
  const RequestParameters = { Detail: "$request.body", Source: "s" };
  const Target = { "Fn::Sub": "integrations/${Put}" };
  const route = {
    AuthorizationType: "CUSTOM",
    AuthorizerId: { Ref: "Authorizer" },
    RouteKey: "POST /w",
    Target,
  };
  const stage = {
    StageName: "$default",
    DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: burst },
  };
  const of = (type: string, Properties: object) => ({ Type: `AWS::ApiGatewayV2::${type}`, Properties });
  return JSON.stringify({
    Resources: {
      Api: of("Api", { Name: "a", ProtocolType: "HTTP" }),
      Authorizer: of("Authorizer", { ...authorizer, ApiId, AuthorizerUri }),
      Put: of("Integration", { ...integration, ApiId, CredentialsArn: role, RequestParameters }),
      Route: of("Route", { ...route, ApiId }),
      Stage: of("Stage", { ...stage, ApiId }),
    },
    Outputs: { Url: { Value: { "Fn::Sub": "${Api.ApiEndpoint}/w" } } },
  });
};

describeWith(existsSync(PYTHON), "no .local/venv with MiniStack")("HTTP APIs in the engine", () => {
  let engine: GuardedEngine;
  beforeAll(async () => {
    engine = await startGuardedEngine();
  });
  afterAll(() => engine?.close());

  const waiting = (StackName: string) =>
    [
      { client: engine.calls.cloudformation, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.1 },
      { StackName },
    ] as const;
  const deploy = async (StackName: string, TemplateBody: string): Promise<string> => {
    const { cloudformation } = engine.calls;
    await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody }));
    await waitUntilStackCreateComplete(...waiting(StackName));
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    return Stacks?.[0]?.Outputs?.[0]?.OutputValue ?? "";
  };
  const update = async (StackName: string, TemplateBody: string): Promise<void> => {
    await engine.calls.cloudformation.send(new UpdateStackCommand({ StackName, TemplateBody }));
    await waitUntilStackUpdateComplete(...waiting(StackName));
  };
  const remove = async (StackName: string): Promise<void> => {
    await engine.calls.cloudformation.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete(...waiting(StackName));
  };
  const read = () => readHttpApis(jsonReader(engine.readPath), API_ORIGIN);

  it("have addresses at the laptop's webhook API, and keep role and throttle through an update", async () => {
    expect(await deploy("one", template(7))).toBe(`${API_ORIGIN}/w`);
    const url = await deploy("two", template(8));
    expect(url).toMatch(new RegExp(`^${API_ORIGIN}/\\w{8}/w$`));
    const before = await read();
    expect(before.map(({ basePath }) => `${API_ORIGIN}${basePath}/w`)).toEqual([`${API_ORIGIN}/w`, url]);
    expect(before[1]?.routes).toEqual([
      expect.objectContaining({
        burst: 8,
        integration: {
          kind: "put-events",
          roleArn: ROLE,
          requestParameters: { Detail: "$request.body", Source: "s" },
        },
      }),
    ]);
    await update("two", template(9, `${ROLE}-2`));
    const [, after] = await read();
    expect(after?.routes[0]).toMatchObject({ burst: 9, integration: { roleArn: `${ROLE}-2` } });
    expect(after?.basePath).toBe(before[1]?.basePath);
  });

  it("are gone with their stack, and leave the address without a path to the next", async () => {
    await remove("one");
    expect((await read()).map(({ basePath }) => basePath)).not.toContain("");
    expect(await deploy("three", template(7))).toBe(`${API_ORIGIN}/w`);
  });
});
