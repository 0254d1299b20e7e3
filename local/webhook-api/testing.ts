import type { GetFromApiGateway } from "./read-apis";

type Fields = Readonly<Record<string, unknown>>;

/** The parts of an API, as API Gateway lists them. */
export interface ListedApi {
  readonly api: Fields;
  readonly stages: readonly Fields[];
  readonly routes: readonly Fields[];
  readonly integrations: readonly Fields[];
  readonly authorizers: readonly Fields[];
}

const uriOf = (functionName: string): string =>
  `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:${functionName}/invocations`;

/** Infrastructure's API, as the engine lists it once it is deployed. */
export const webhookApi = (id: string, apiEndpoint: string): ListedApi => ({
  api: { apiId: id, protocolType: "HTTP", apiEndpoint },
  stages: [
    {
      stageName: "$default",
      defaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1_000 },
      routeSettings: { "POST /signed-webhook": { ThrottlingRateLimit: 300, ThrottlingBurstLimit: 600 } },
    },
  ],
  routes: [
    {
      routeKey: "POST /webhook",
      target: "integrations/put",
      authorizationType: "CUSTOM",
      authorizerId: "token",
    },
    { routeKey: "POST /signed-webhook", target: "integrations/call", authorizationType: "NONE" },
  ],
  integrations: [
    {
      integrationId: "put",
      integrationUri: "",
      payloadFormatVersion: "1.0",
      integrationSubtype: "EventBridge-PutEvents",
      credentialsArn: "arn:aws:iam::123456789012:role/WebhookIntegrationRole",
      requestParameters: {
        Detail: "$request.body",
        DetailType: "GitLabJobEvent",
        Source: "gitlab.webhook",
        EventBusName: "gitlab-runners-infrastructure",
      },
    },
    { integrationId: "call", integrationUri: uriOf("receive-AB12"), payloadFormatVersion: "2.0" },
  ],
  authorizers: [
    {
      authorizerId: "token",
      authorizerUri: uriOf("authorize-CD34"),
      identitySource: ["$request.header.X-Gitlab-Token", "$context.identity.sourceIp"],
      authorizerResultTtlInSeconds: 60,
    },
  ],
});

/** API Gateway with these APIs. */
export const listing =
  (apis: readonly ListedApi[]): GetFromApiGateway =>
  async (path) => {
    const [, , , id, what] = path.split("/");
    if (id === undefined) return { items: apis.map(({ api }) => api) };
    const found = apis.find(({ api }) => api.apiId === id);
    return { items: found?.[what as Exclude<keyof ListedApi, "api">] };
  };
