import { asMap, ofType, type Resource, type Template, type Value } from "../read-template";
import type { TemplateRule } from "./rule";

const routes = (template: Template): readonly Resource[] => ofType(template, "AWS::ApiGatewayV2::Route");
const OPEN_EVENTS = ["HttpApi", "Api"];

const signedRoute = (functionId: string, settings: string): string =>
  [
    "Resources:",
    `  R: { Type: AWS::ApiGatewayV2::Route, Properties: { RouteKey: POST /signed, AuthorizationType: NONE, Target: !Sub 'integrations/\${I}' } }`,
    `  I: { Type: AWS::ApiGatewayV2::Integration, Properties: { IntegrationUri: !Sub 'x/\${${functionId}.Arn}/invocations' } }`,
    `  S: { Type: AWS::ApiGatewayV2::Stage, DependsOn: R, Properties: { RouteSettings: { ${settings} } } }`,
  ].join("\n");

const isAuthorized = ({ properties }: Resource): boolean =>
  properties.AuthorizationType === "CUSTOM" && asMap(properties.AuthorizerId).Ref !== undefined;

/** The one function that checks its requests itself: an authorizer gets no body, so it cannot verify a signature. */
const VERIFIER = `\${ReceiveSignedWebhookFunction.Arn}`;

const isVerified = (template: Template, { properties }: Resource): boolean => {
  const target = /^integrations\/\$\{(\w+)\}$/.exec(String(asMap(properties.Target)["Fn::Sub"]))?.[1];
  const integration = ofType(template, "AWS::ApiGatewayV2::Integration").find(({ id }) => id === target);
  const uri = String(asMap(integration?.properties.IntegrationUri)["Fn::Sub"]);
  return properties.AuthorizationType === "NONE" && uri.includes(VERIFIER);
};

/** A public route has a throttle of its own, so that it cannot use up the limits of the others. */
const isThrottledApart = (template: Template, { id, properties }: Resource): boolean =>
  ofType(template, "AWS::ApiGatewayV2::Stage").some((stage) => {
    const limits = asMap(asMap(stage.properties.RouteSettings)[String(properties.RouteKey)]);
    const hasLimits = limits.ThrottlingRateLimit !== undefined && limits.ThrottlingBurstLimit !== undefined;
    return hasLimits && stage.attributes.DependsOn === id;
  });

const authorized: TemplateRule = {
  id: "S-7 T-1",
  says: "authorizes every route or verifies its signature, and has no catch-all route and none that SAM adds",
  check: (template) => [
    ...routes(template)
      .filter((route) => !isAuthorized(route) && !isVerified(template, route))
      .map(({ id }) => `${id} is open`),
    ...routes(template)
      .filter((route) => !isAuthorized(route) && !isThrottledApart(template, route))
      .map(({ id }) => `${id} shares its throttle`),
    ...routes(template)
      .filter(({ properties }) => String(properties.RouteKey).includes("$default"))
      .map(({ id }) => `${id} takes everything`),
    ...ofType(template, "AWS::Serverless::Function")
      .filter(({ properties }) =>
        Object.values(asMap(properties.Events)).some((event) =>
          OPEN_EVENTS.includes(String(asMap(event).Type)),
        ),
      )
      .map(({ id }) => `${id} brings a route of its own`),
    ...ofType(template, "AWS::Serverless::HttpApi").map(({ id }) => `${id} hides its routes`),
  ],
  bad: [
    "Resources: { R: { Type: AWS::ApiGatewayV2::Route, Properties: { RouteKey: POST /webhook } } }",
    "Resources: { R: { Type: AWS::ApiGatewayV2::Route, Properties: { RouteKey: POST /webhook, AuthorizationType: NONE, AuthorizerId: !Ref A } } }",
    "Resources: { R: { Type: AWS::ApiGatewayV2::Route, Properties: { RouteKey: $default, AuthorizationType: CUSTOM, AuthorizerId: !Ref A } } }",
    "Resources: { F: { Type: AWS::Serverless::Function, Properties: { Events: { E: { Type: HttpApi } } } } }",
    signedRoute("AuthorizeWebhookFunction", "S: { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 }"),
    signedRoute(
      "ReceiveSignedWebhookFunction",
      "'POST /other': { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 }",
    ),
    signedRoute("ReceiveSignedWebhookFunction", "'POST /signed': { ThrottlingRateLimit: 1 }"),
  ],
};

/** An answer is kept under the identity: the function goes by the address too, so both are in it. */
const isIdentity = (source: Value | undefined): boolean =>
  JSON.stringify(source) === '["$request.header.X-Gitlab-Token","$context.identity.sourceIp"]';

const authorizer: TemplateRule = {
  id: "I-11 F-76",
  says: "calls the authorizer with the token and the address, and caches its simple answers for at most a minute",
  check: (template) =>
    ofType(template, "AWS::ApiGatewayV2::Authorizer")
      .filter(({ properties }) => {
        const seconds = properties.AuthorizerResultTtlInSeconds;
        return !(
          typeof seconds === "number" &&
          seconds <= 60 &&
          properties.AuthorizerType === "REQUEST" &&
          properties.EnableSimpleResponses === true &&
          properties.AuthorizerPayloadFormatVersion === "2.0" &&
          isIdentity(properties.IdentitySource)
        );
      })
      .map(({ id }) => `${id} is not as GitLab's token needs it`),
  bad: [
    "AuthorizerType: REQUEST",
    "AuthorizerType: REQUEST, EnableSimpleResponses: true, AuthorizerPayloadFormatVersion: '2.0', IdentitySource: [$request.header.X-Gitlab-Token]",
    "AuthorizerType: REQUEST, EnableSimpleResponses: true, AuthorizerPayloadFormatVersion: '2.0', IdentitySource: [$request.header.X-Gitlab-Token], AuthorizerResultTtlInSeconds: 300",
    "AuthorizerType: REQUEST, EnableSimpleResponses: true, AuthorizerPayloadFormatVersion: '2.0', IdentitySource: [], AuthorizerResultTtlInSeconds: 30",
    "AuthorizerType: REQUEST, EnableSimpleResponses: true, AuthorizerPayloadFormatVersion: '2.0', IdentitySource: [$request.header.X-Gitlab-Token], AuthorizerResultTtlInSeconds: 30",
  ].map(
    (properties) =>
      `Resources: { A: { Type: AWS::ApiGatewayV2::Authorizer, Properties: { ${properties} } } }`,
  ),
};

const SECRET_IN_LOG = /header|body|token|authorization|\$context\.authorizer\.(?!status|error)/i;

const accessLog: TemplateRule = {
  id: "S-7 T-4",
  says: "logs every request without headers, token or body, and throttles requests",
  check: (template) =>
    ofType(template, "AWS::ApiGatewayV2::Stage").flatMap(({ id, properties }) => {
      const log = asMap(properties.AccessLogSettings);
      const limits = asMap(properties.DefaultRouteSettings);
      const isThrottled =
        limits.ThrottlingRateLimit !== undefined && limits.ThrottlingBurstLimit !== undefined;
      return [
        ...(log.DestinationArn === undefined ? [`${id} has no access log`] : []),
        ...(SECRET_IN_LOG.test(String(log.Format)) ? [`${id} logs fields that may hold secrets`] : []),
        ...(isThrottled ? [] : [`${id} has no throttle of its own`]),
      ];
    }),
  bad: [
    "DefaultRouteSettings: { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 }",
    "DefaultRouteSettings: { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 }, AccessLogSettings: { DestinationArn: x, Format: $context.requestHeader }",
    "AccessLogSettings: { DestinationArn: x, Format: $context.status }",
  ].map(
    (properties) => `Resources: { S: { Type: AWS::ApiGatewayV2::Stage, Properties: { ${properties} } } }`,
  ),
};

export const webhookApiRules = [authorized, authorizer, accessLog];
