import type { ParsedTemplate } from "../engine/template-file";

/** The properties of the shipped HTTP API that the laptop's webhook API follows. */
export interface WebhookApiShape {
  /** e.g. `POST` */
  readonly method: string;
  /** e.g. `/webhook` */
  readonly path: string;
  readonly routeKey: string;
  /** Lower-case name of the header that is the authorizer's identity source. */
  readonly identityHeader: string;
  /** The identity is the header's value and the address that the request comes from. */
  readonly isByAddress: boolean;
  readonly authorizerTtlSeconds: number;
  /** Logical id of the authorizer's function. */
  readonly authorizerFunctionId: string;
  /** Logical ids of the API, its authorizer and the integration's role. */
  readonly apiId: string;
  readonly authorizerId: string;
  readonly roleId: string;
  readonly ratePerSecond: number;
  readonly burst: number;
  /** The integration's request parameters, e.g. `{ Detail: "$request.body", Source: "gitlab.webhook", … }`. */
  readonly requestParameters: Readonly<Record<string, string>>;
}

type Properties = Readonly<Record<string, unknown>>;

export type Resolve = (value: unknown) => string;

/** Resolves Ref to a parameter's default or a resource's physical id. */
export const resolver =
  (template: ParsedTemplate, physicalIds: Readonly<Record<string, string>>): Resolve =>
  (value) => {
    if (typeof value !== "object" || value === null) return String(value);
    const { Ref: name } = value as { Ref?: unknown };
    const found =
      typeof name === "string" ? (physicalIds[name] ?? template.Parameters?.[name]?.Default) : undefined;
    if (found === undefined) throw new Error(`The webhook API cannot resolve ${JSON.stringify(value)}`);
    return String(found);
  };

const onlyEntry = (template: ParsedTemplate, type: string): readonly [id: string, properties: Properties] => {
  const [found, ...others] = Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
  if (found === undefined || others.length > 0)
    throw new Error(`The webhook API expects one ${type}; the template has ${found ? others.length + 1 : 0}`);
  return [found[0], found[1].Properties ?? {}];
};

const only = (template: ParsedTemplate, type: string): Properties => onlyEntry(template, type)[1];

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** The one integration that is wanted, and the route that leads to it. */
export const routeTo = (
  template: ParsedTemplate,
  isWanted: (integration: Properties) => boolean,
): { readonly route: Properties; readonly integration: Properties } => {
  const ofType = (type: string) =>
    Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
  const [[id, found] = [], ...others] = ofType("AWS::ApiGatewayV2::Integration").filter(
    ([, { Properties }]) => isWanted(Properties ?? {}),
  );
  const target = JSON.stringify({ "Fn::Sub": `integrations/\${${id}}` });
  const route = ofType("AWS::ApiGatewayV2::Route").find(
    ([, { Properties }]) => JSON.stringify(Properties?.Target) === target,
  );
  if (found === undefined || others.length > 0 || route === undefined)
    throw new Error("The webhook API expects one integration of a kind, and a route that leads to it");
  return { route: route[1].Properties ?? {}, integration: found.Properties ?? {} };
};

/** A route's throttle: its own, or the stage's. */
export const settingsOf = (
  template: ParsedTemplate,
  routeKey: string,
  resolve: Resolve,
): Pick<WebhookApiShape, "ratePerSecond" | "burst"> => {
  const stage = only(template, "AWS::ApiGatewayV2::Stage");
  const throttle = {
    ...asRecord(stage.DefaultRouteSettings),
    ...asRecord(asRecord(stage.RouteSettings)[routeKey]),
  };
  return {
    ratePerSecond: Number(resolve(throttle.ThrottlingRateLimit ?? 10_000)),
    burst: Number(resolve(throttle.ThrottlingBurstLimit ?? 5_000)),
  };
};

/** `arn:…/functions/${AuthorizeWebhookFunction.Arn}/invocations` → `AuthorizeWebhookFunction` */
const functionIdOf = (authorizerUri: unknown): string => {
  const id = /functions\/\$\{(\w+)\.Arn\}/.exec(JSON.stringify(authorizerUri))?.[1];
  if (!id) throw new Error("The webhook API finds no function in the authorizer's AuthorizerUri");
  return id;
};

/** `!GetAtt WebhookIntegrationRole.Arn` → `WebhookIntegrationRole` */
const roleIdOf = (credentialsArn: unknown): string => {
  const reference = asRecord(credentialsArn)["Fn::GetAtt"];
  const [id, attribute] = Array.isArray(reference) ? reference : [];
  if (typeof id !== "string" || attribute !== "Arn")
    throw new Error("The webhook API finds no role of the template in the integration's CredentialsArn");
  return id;
};

/** Conditions of the forms that compare a parameter, e.g. `!Not [!Equals [!Ref P, ""]]`. */
const holds = (condition: unknown, resolve: Resolve): boolean => {
  const { "Fn::Not": not, "Fn::Equals": equals } = asRecord(condition);
  if (Array.isArray(not)) return !holds(not[0], resolve);
  if (Array.isArray(equals)) return resolve(equals[0]) === resolve(equals[1]);
  throw new Error(`The webhook API cannot evaluate ${JSON.stringify(condition)}`);
};

const chosen = ({ Conditions = {} }: ParsedTemplate, value: unknown, resolve: Resolve): unknown => {
  const choice = asRecord(value)["Fn::If"];
  if (!Array.isArray(choice)) return value;
  const [name, yes, no] = choice;
  return holds(Conditions[String(name)], resolve) ? yes : no;
};

const identityOf = (source: unknown): Pick<WebhookApiShape, "identityHeader" | "isByAddress"> => {
  const [first, ...others] = Array.isArray(source) ? source : [];
  const header = /^\$request\.header\.([\w-]+)$/.exec(String(first))?.[1];
  const isByAddress = others[0] === "$context.identity.sourceIp";
  if (!header || others.length > (isByAddress ? 1 : 0))
    throw new Error("The webhook API supports one header, and the address, as identity source");
  return { identityHeader: header.toLowerCase(), isByAddress };
};

/**
 * Reads the shipped template's API: the route that puts events, its authorizer, its integration and its stage.
 *
 * @throws Error that names an unsupported property
 */
export const readWebhookApi = (template: ParsedTemplate, resolve: Resolve): WebhookApiShape => {
  const [authorizerId, authorizer] = onlyEntry(template, "AWS::ApiGatewayV2::Authorizer");
  const [apiId] = onlyEntry(template, "AWS::ApiGatewayV2::Api");
  const { route, integration } = routeTo(template, (each) => each.IntegrationSubtype !== undefined);
  if (integration.IntegrationSubtype !== "EventBridge-PutEvents" || route.AuthorizationType !== "CUSTOM") {
    throw new Error("The webhook API serves an authorized route that puts events, and no other");
  }
  const routeKey = resolve(route.RouteKey);
  const [method = "", path = ""] = routeKey.split(" ");
  const parameters = Object.entries(asRecord(integration.RequestParameters));
  return {
    method,
    path,
    routeKey,
    ...identityOf(chosen(template, authorizer.IdentitySource, resolve)),
    authorizerTtlSeconds: Number(resolve(authorizer.AuthorizerResultTtlInSeconds ?? 0)),
    authorizerFunctionId: functionIdOf(authorizer.AuthorizerUri),
    apiId,
    authorizerId,
    roleId: roleIdOf(integration.CredentialsArn),
    ...settingsOf(template, routeKey, resolve),
    requestParameters: Object.fromEntries(parameters.map(([name, value]) => [name, resolve(value)])),
  };
};
