import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { ACCOUNT_ID, REGION } from "../engine/ministack";
import type { ParsedTemplate } from "../engine/template-file";
import type { CallOutcome } from "../lambda-host/call";
import type { DeployedApi } from "../webhook-api";
import { readWebhookApi, resolver, type WebhookApiShape } from "../webhook-api/api-shape";
import { readSignedRoute, type SignedRouteShape, signedRoute } from "../webhook-api/signed-route";
import type { Aws } from "./aws";
import { clientSettings } from "./client-settings";
import type { LaptopServices } from "./services";

type PhysicalIds = Readonly<Record<string, string>>;
type Services = Pick<LaptopServices, "aws" | "host">;

const denied = (message: string): CallOutcome => ({
  error: { errorType: "AccessDeniedException", errorMessage: message },
});

/** Calls a function as API Gateway does: when the function's policy lets this part of the API. */
const functionCaller =
  ({ aws, host }: Services, ids: PhysicalIds, functionId: string, source: string) =>
  async (event: unknown): Promise<CallOutcome> => {
    const name = ids[functionId] ?? "";
    const sourceArn = `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${source}`;
    const resource = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}`;
    const verdict = await aws.authorize({ kind: "service", service: "apigateway.amazonaws.com", sourceArn }, [
      { action: "lambda:InvokeFunction", resource },
    ]);
    if (verdict.kind === "refused") return denied(verdict.message);
    return host.call("Infrastructure", functionId, name, event);
  };

/** A client with a session of the integration's role. */
const integrationClient = (aws: Aws, roleName: string): EventBridgeClient => {
  const caller = {
    kind: "role",
    roleArn: `arn:aws:iam::${ACCOUNT_ID}:role/${roleName}`,
    sessionName: "webhook",
  } as const;
  const credentials = async () => {
    const env = await aws.sessionEnv("apigateway.amazonaws.com", caller);
    // Asked for again in an hour: a session is kept for hours longer.
    return { ...clientSettings(env).credentials, expiration: new Date(Date.now() + 3_600_000) };
  };
  return new EventBridgeClient({ ...clientSettings(aws.env), credentials });
};

const signedOf = (
  services: Services,
  ids: PhysicalIds,
  { apiId }: WebhookApiShape,
  shape: SignedRouteShape,
) => {
  const source = `${ids[apiId]}/$default/${shape.method}${shape.path}`;
  return signedRoute(shape, functionCaller(services, ids, shape.functionId, source), Date.now);
};

/** The shipped template's API as it is deployed, with the rights that the template gives it. */
export const apiGateway = (template: ParsedTemplate, services: Services, ids: PhysicalIds): DeployedApi => {
  const resolve = resolver(template, ids);
  const api = readWebhookApi(template, resolve);
  const signed = signedOf(services, ids, api, readSignedRoute(template, resolve));
  const source = `${ids[api.apiId]}/authorizers/${ids[api.authorizerId]}`;
  return {
    api,
    callAuthorizer: functionCaller(services, ids, api.authorizerFunctionId, source),
    events: integrationClient(services.aws, ids[api.roleId] ?? ""),
    signed,
  };
};
