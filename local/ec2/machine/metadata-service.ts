import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SimulatorInstance } from "../instance";

export interface MetadataDependencies {
  readonly region: string;
  readonly accountId: string;
  readonly now: () => number;
  /** The instance as it is now; undefined when it does not exist. */
  readonly instance: () => SimulatorInstance | undefined;
  /** Credentials of the instance's role, as the engine accepts them. */
  readonly credentials: Readonly<Record<"AccessKeyId" | "SecretAccessKey" | "Token", string>>;
  readonly onPowerOff: () => void;
  /** Whether to drop this request, for tests of a service that starts late. */
  readonly isFlaky: () => boolean;
}

export interface MetadataService {
  readonly endpoint: string;
  close(): Promise<void>;
}

const ROLE_NAME = "gitlab-runner";
const HOUR_MS = 3_600_000;
const MAX_TOKEN_SECONDS = 21_600;

const iso = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");

/** The tree below `/latest/`. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html */
const tree = (
  instance: SimulatorInstance,
  dependencies: MetadataDependencies,
): Readonly<Record<string, string | undefined>> => ({
  "meta-data/instance-id": instance.instanceId,
  "meta-data/instance-type": instance.instanceType,
  "meta-data/ami-id": instance.imageId,
  "meta-data/local-ipv4": instance.privateIp,
  "meta-data/placement/region": dependencies.region,
  "meta-data/placement/availability-zone": `${dependencies.region}a`,
  "meta-data/instance-life-cycle": instance.boughtAs,
  "meta-data/iam/security-credentials/": instance.instanceProfileArn ? ROLE_NAME : undefined,
  [`meta-data/iam/security-credentials/${ROLE_NAME}`]: JSON.stringify({
    Code: "Success",
    Type: "AWS-HMAC",
    LastUpdated: iso(dependencies.now()),
    Expiration: iso(dependencies.now() + 6 * HOUR_MS),
    ...dependencies.credentials,
  }),
  "meta-data/spot/instance-action":
    instance.interruptedAt === undefined
      ? undefined
      : JSON.stringify({ action: "terminate", time: iso(instance.interruptedAt) }),
  "meta-data/events/recommendations/rebalance": instance.isRebalanceRecommended
    ? JSON.stringify({ noticeTime: iso(dependencies.now()) })
    : undefined,
  "dynamic/instance-identity/document": JSON.stringify({
    instanceId: instance.instanceId,
    accountId: dependencies.accountId,
    region: dependencies.region,
    instanceType: instance.instanceType,
    imageId: instance.imageId,
  }),
  "user-data": instance.userData,
});

type Answer = readonly [status: number, text?: string];

/** The metadata service (IMDSv2) of one instance: a server of its own on loopback. */
export const startMetadataService = async (dependencies: MetadataDependencies): Promise<MetadataService> => {
  const tokens = new Map<string, number>();

  const issueToken = ({ headers }: IncomingMessage): Answer => {
    // A forwarded request does not come from the instance itself.
    if (headers["x-forwarded-for"] !== undefined) return [403];
    const seconds = Number(headers["x-aws-ec2-metadata-token-ttl-seconds"]);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TOKEN_SECONDS) return [400];
    const token = randomBytes(32).toString("base64url");
    tokens.set(token, dependencies.now() + seconds * 1_000);
    return [200, token];
  };

  const readMetadata = ({ headers }: IncomingMessage, path: string): Answer => {
    const instance = dependencies.instance();
    if (instance === undefined) return [404];
    const token = String(headers["x-aws-ec2-metadata-token"] ?? "");
    const isKnown = (tokens.get(token) ?? 0) > dependencies.now();
    if (!isKnown && (instance.isTokenRequired || token !== "")) return [401];
    const text = tree(instance, dependencies)[path];
    return text === undefined ? [404] : [200, text];
  };

  const answer = (request: IncomingMessage, path: string): Answer => {
    if (request.method === "PUT" && path === "/latest/api/token") return issueToken(request);
    if (request.method !== "GET" || !path.startsWith("/latest/")) return [404];
    return readMetadata(request, path.slice("/latest/".length));
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? "/";
    const isPowerOff = request.method === "POST" && path === "/_/power-off";
    if (!isPowerOff && dependencies.isFlaky()) {
      request.socket.destroy();
      return;
    }
    const [status, text = ""]: Answer = isPowerOff ? [200] : answer(request, path);
    response.writeHead(status, { "content-type": "text/plain" }).end(text);
    if (isPowerOff) dependencies.onPowerOff();
  };

  const server = createServer(serve);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
