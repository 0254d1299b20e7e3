import { defined } from "../../Core/defined";
import type { HttpApi, HttpRoute, RouteAuthorizer, RouteIntegration } from "./http-api";

/** Reads what API Gateway answers to a GET, e.g. of `/v2/apis`. */
export type GetFromApiGateway = (path: string) => Promise<unknown>;

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

const itemsOf = (answer: unknown): readonly Fields[] => {
  const { items } = fieldsOf(answer);
  return Array.isArray(items) ? items.map(fieldsOf) : [];
};

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const unknown = (what: string): never => {
  throw new Error(`The laptop does not know how to serve ${what}`);
};

/** `arn:…:lambda:path/2015-03-31/functions/arn:…:function:name/invocations` → `name` */
const functionNameOf = (uri: unknown): string | undefined =>
  /\/functions\/arn:[^/]*:function:([\w-]+)[^/]*\/invocations$/.exec(textOf(uri))?.[1];

const identityOf = (source: unknown): Pick<RouteAuthorizer, "identityHeader" | "isByAddress"> => {
  const [first, ...others] = Array.isArray(source) ? source : [];
  const header = /^\$request\.header\.([\w-]+)$/.exec(String(first))?.[1];
  const isByAddress = others[0] === "$context.identity.sourceIp";
  if (header === undefined || others.length > (isByAddress ? 1 : 0))
    return unknown("an identity source other than one header, or one header and the address");
  return { identityHeader: header.toLowerCase(), isByAddress };
};

const authorizerOf = (authorizer: Fields): RouteAuthorizer => ({
  id: textOf(authorizer.authorizerId),
  functionName: functionNameOf(authorizer.authorizerUri) ?? unknown("an authorizer other than a function"),
  ...identityOf(authorizer.identitySource),
  ttlSeconds: Number(authorizer.authorizerResultTtlInSeconds ?? 0),
});

const integrationOf = (integration: Fields): RouteIntegration => {
  const functionName = functionNameOf(integration.integrationUri);
  if (functionName !== undefined)
    return integration.payloadFormatVersion === "2.0"
      ? { kind: "function", functionName }
      : unknown("a function with another payload format than 2.0");
  // MiniStack of its own drops the subtype; then the parameters tell.
  const requestParameters = fieldsOf(integration.requestParameters);
  const putsEvents =
    (integration.integrationSubtype || "EventBridge-PutEvents") === "EventBridge-PutEvents" &&
    requestParameters.Detail !== undefined;
  if (!putsEvents) return unknown("an integration that neither calls a function nor puts events");
  return {
    kind: "put-events",
    requestParameters: Object.fromEntries(
      Object.entries(requestParameters).map(([name, value]) => [name, String(value)]),
    ),
    ...defined({ roleArn: textOf(integration.credentialsArn) || undefined }),
  };
};

/** CloudFormation's spelling, which MiniStack keeps. */
const throttleOf = (stage: Fields, routeKey: string): Pick<HttpRoute, "ratePerSecond" | "burst"> => {
  const settings = {
    ...fieldsOf(stage.defaultRouteSettings),
    ...fieldsOf(fieldsOf(stage.routeSettings)[routeKey]),
  };
  return {
    ratePerSecond: Number(settings.ThrottlingRateLimit ?? 10_000),
    burst: Number(settings.ThrottlingBurstLimit ?? 5_000),
  };
};

/** The parts of one API, as API Gateway lists them. */
interface ApiParts {
  readonly routes: readonly Fields[];
  readonly integrations: readonly Fields[];
  readonly authorizers: readonly Fields[];
  readonly stage: Fields;
}

const authorizerOfRoute = (
  { authorizationType, authorizerId }: Fields,
  { authorizers }: ApiParts,
): RouteAuthorizer | undefined => {
  if (authorizationType === "NONE") return undefined;
  const found = authorizers.find((one) => one.authorizerId === authorizerId);
  return authorizationType === "CUSTOM" && found !== undefined
    ? authorizerOf(found)
    : unknown(`a route with the authorization ${String(authorizationType)}`);
};

const routeOf = (route: Fields, parts: ApiParts): HttpRoute => {
  const routeKey = textOf(route.routeKey);
  const [method = "", path = ""] = routeKey.split(" ");
  const target = parts.integrations.find((one) => route.target === `integrations/${one.integrationId}`);
  const integration = integrationOf(target ?? unknown(`the route ${routeKey} without an integration`));
  const authorizer = authorizerOfRoute(route, parts);
  if (integration.kind === "put-events" && authorizer === undefined)
    return unknown("a route that lets everybody put events");
  return {
    ...{ routeKey, method, path, integration },
    ...throttleOf(parts.stage, routeKey),
    ...defined({ authorizer }),
  };
};

const routesOf = (parts: ApiParts): Pick<HttpApi, "routes" | "problem"> => {
  try {
    return { routes: parts.routes.map((route) => routeOf(route, parts)) };
  } catch (error) {
    return { routes: [], problem: error instanceof Error ? error.message : String(error) };
  }
};

/** An endpoint elsewhere is another emulator's own, which knows nothing of the laptop's. */
const basePathOf = (endpoint: unknown, origin: string): string => {
  const url = URL.canParse(textOf(endpoint)) ? new URL(textOf(endpoint)) : undefined;
  return url?.origin === origin ? url.pathname.replace(/\/$/, "") : "";
};

const readApi = async (get: GetFromApiGateway, api: Fields, origin: string): Promise<HttpApi | undefined> => {
  const id = textOf(api.apiId);
  const list = async (what: string) => itemsOf(await get(`/v2/apis/${id}/${what}`));
  const stage = (await list("stages")).find(({ stageName }) => stageName === "$default");
  // As on AWS an API answers from its stage on.
  if (stage === undefined) return undefined;
  const [routes, integrations, authorizers] = await Promise.all([
    list("routes"),
    list("integrations"),
    list("authorizers"),
  ]);
  const parts = { routes, integrations, authorizers, stage };
  return { id, basePath: basePathOf(api.apiEndpoint, origin), ...routesOf(parts) };
};

/**
 * Reads the HTTP APIs as they are deployed.
 *
 * @param origin the webhook API's: an API's endpoint is there, and its path comes before those of its routes
 */
export const readHttpApis = async (get: GetFromApiGateway, origin: string): Promise<readonly HttpApi[]> => {
  const apis = itemsOf(await get("/v2/apis")).filter(({ protocolType }) => protocolType === "HTTP");
  const read = await Promise.all(apis.map((api) => readApi(get, api, origin)));
  return read.filter((api) => api !== undefined);
};
