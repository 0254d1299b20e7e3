import {
  createDefaultUserAgentProvider,
  getHostHeaderPlugin,
  getRecursionDetectionPlugin,
  getUserAgentPlugin,
  resolveHostHeaderConfig,
  resolveUserAgentConfig,
} from "@aws-sdk/core/client";
import { AwsSdkSigV4Signer, resolveAwsSdkSigV4Config } from "@aws-sdk/core/httpAuthSchemes";
import { fromEnv } from "@aws-sdk/credential-provider-env";
import {
  DefaultIdentityProviderConfig,
  getHttpAuthSchemeEndpointRuleSetPlugin,
  getHttpSigningPlugin,
} from "@smithy/core";
import { Sha256 } from "@smithy/core/checksum";
import { Client, NoOpLogger, normalizeProvider } from "@smithy/core/client";
import { loadConfig, NODE_REGION_CONFIG_OPTIONS, resolveRegionConfig } from "@smithy/core/config";
import { resolveEndpointConfig } from "@smithy/core/endpoints";
import { getContentLengthPlugin, parseUrl } from "@smithy/core/protocols";
import { getRetryPlugin, resolveRetryConfig } from "@smithy/core/retry";
import { getSchemaSerdePlugin } from "@smithy/core/schema";
import { calculateBodyLength, fromBase64, fromUtf8, toBase64, toUtf8 } from "@smithy/core/serde";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** What makes a client one of a service's. Names and versions are those of the SDK's own client. */
export interface AwsService {
  readonly serviceId: string;
  readonly apiVersion: string;
  /** In signatures and in the host's name. */
  readonly signingName: string;
  /** A protocol class of `@aws-sdk/core/protocols`. */
  readonly protocol: unknown;
  readonly protocolSettings: object;
}

export interface AwsClientOptions {
  readonly maxAttempts: number;
  /** Milliseconds. */
  readonly connectionTimeout?: number;
  /** Milliseconds until the whole answer. */
  readonly requestTimeout?: number;
}

/** What the environment says otherwise. */
export interface AwsPlace {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface EndpointParameters {
  readonly Endpoint?: string;
  readonly Region?: string;
}

const AUTH_SCHEME = "aws.auth#sigv4";

const suffixOf = (region = ""): string => (region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com");

/** All bytes of an answer; the SDK's own collector loads Node's web streams to look for them. */
const collect = async (stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const settings = (service: AwsService, options: AwsClientOptions) => ({
  ...service,
  runtime: "node",
  extensions: [],
  logger: new NoOpLogger(),
  cacheMiddleware: true,
  maxAttempts: options.maxAttempts,
  retryMode: "standard",
  region: loadConfig(NODE_REGION_CONFIG_OPTIONS),
  credentials: fromEnv(),
  endpointProvider: ({ Endpoint, Region }: EndpointParameters) => ({
    url: new URL(Endpoint ?? `https://${service.signingName}.${Region}.${suffixOf(Region)}`),
  }),
  httpAuthSchemes: [
    {
      schemeId: AUTH_SCHEME,
      identityProvider: (of: { getIdentityProvider(id: string): unknown }) =>
        of.getIdentityProvider(AUTH_SCHEME),
      signer: new AwsSdkSigV4Signer(),
    },
  ],
  httpAuthSchemeProvider: ({ region }: { readonly region: string }) => [
    {
      schemeId: AUTH_SCHEME,
      signingProperties: { name: service.signingName, region },
      propertiesExtractor: (config: object, context: object) => ({ signingProperties: { config, context } }),
    },
  ],
  requestHandler: new NodeHttpHandler({
    connectionTimeout: options.connectionTimeout ?? 1_000,
    requestTimeout: options.requestTimeout ?? 4_000,
    throwOnRequestTimeout: true,
  }),
  defaultUserAgentProvider: createDefaultUserAgentProvider({
    serviceId: service.serviceId,
    clientVersion: "gitlab-autoscaled-runners",
  }),
  userAgentAppId: "",
  streamCollector: collect,
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  disableHostPrefix: false,
  defaultSigningName: service.signingName,
  sha256: Sha256,
  urlParser: parseUrl,
  bodyLengthChecker: calculateBodyLength,
  base64Decoder: fromBase64,
  base64Encoder: toBase64,
  utf8Decoder: fromUtf8,
  utf8Encoder: toUtf8,
});

/** The SDK's pieces do not know each other's types here; a test drives each client over the wire instead. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Untyped = any;

/**
 * A client put together of the SDK's own parts: protocol, signature, retries, connections. Left out is what a
 * Lambda function never needs and a cold start pays for: profiles, SSO and the rest of the credential chain (a
 * function has its role's credentials in the environment), shared configuration files, partitions and event
 * streams. `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` hold as in the SDK.
 */
export class AwsClient extends Client<Untyped, Untyped, Untyped, Untyped> {
  override readonly config: Untyped;

  constructor(service: AwsService, options: AwsClientOptions, slot: AwsPlace = {}) {
    const config: Untyped = { ...settings(service, options), ...slot };
    super(config);
    const resolvers: Untyped[] = [
      resolveUserAgentConfig,
      resolveRetryConfig,
      resolveRegionConfig,
      resolveHostHeaderConfig,
      resolveEndpointConfig,
      resolveAwsSdkSigV4Config,
    ];
    this.config = resolvers.reduce((resolved, resolve) => resolve(resolved), config);
    this.config.authSchemePreference = normalizeProvider([]);
    const plugins: Untyped[] = [
      getSchemaSerdePlugin(this.config),
      getUserAgentPlugin(this.config),
      getRetryPlugin(this.config),
      getContentLengthPlugin(this.config),
      getHostHeaderPlugin(this.config),
      getRecursionDetectionPlugin(this.config),
      getHttpAuthSchemeEndpointRuleSetPlugin(this.config, {
        httpAuthSchemeParametersProvider: async (own: Untyped) => ({ region: await own.region() }),
        identityProviderConfigProvider: async (own: Untyped) =>
          new DefaultIdentityProviderConfig({ [AUTH_SCHEME]: own.credentials }),
      } as Untyped),
      getHttpSigningPlugin(this.config),
    ];
    for (const plugin of plugins) this.middlewareStack.use(plugin);
  }
}
