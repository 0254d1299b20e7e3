/** An HTTP API as it is deployed. */
export interface HttpApi {
  readonly id: string;
  /** Before its routes' paths: empty, or e.g. `/0a1b2c3d`. */
  readonly basePath: string;
  readonly routes: readonly HttpRoute[];
  /** Why it is not served, when its routes are of a kind that the laptop does not know. */
  readonly problem?: string;
}

export interface HttpRoute {
  /** e.g. `POST /webhook` */
  readonly routeKey: string;
  readonly method: string;
  readonly path: string;
  readonly ratePerSecond: number;
  readonly burst: number;
  /** Absent: everybody may call it. */
  readonly authorizer?: RouteAuthorizer;
  readonly integration: RouteIntegration;
}

/** An authorizer of requests, with simple answers. */
export interface RouteAuthorizer {
  readonly id: string;
  readonly functionName: string;
  /** Lower-case name of the header that is its identity source. */
  readonly identityHeader: string;
  /** The identity is the header's value and the address that the request comes from. */
  readonly isByAddress: boolean;
  readonly ttlSeconds: number;
}

/** What a route leads to. */
export type RouteIntegration =
  | {
      readonly kind: "put-events";
      /** The role that it is called with; absent with an emulator that keeps none. */
      readonly roleArn?: string;
      /** E.g. `{ Detail: "$request.body", Source: "gitlab.webhook", … }`. */
      readonly requestParameters: Readonly<Record<string, string>>;
    }
  | { readonly kind: "function"; readonly functionName: string };
