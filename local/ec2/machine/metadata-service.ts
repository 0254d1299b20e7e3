import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { SimulatorInstance } from "../instance";

/** As the metadata service shows them. */
export interface InstanceCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface MetadataDependencies {
  readonly region: string;
  readonly accountId: string;
  readonly now: () => number;
  /** The instance as it is now; undefined when it does not exist. */
  readonly instance: () => SimulatorInstance | undefined;
  /** Credentials of the instance's own session of its role; undefined when it has no role. */
  readonly credentialsOf: (instance: SimulatorInstance) => Promise<InstanceCredentials | undefined>;
  readonly onPowerOff: () => void;
  /** Whether to drop this request, for tests of a service that starts late. */
  readonly isFlaky: () => boolean;
  /** Whether another user of this machine is at the other end. */
  readonly isAnotherUser: (socket: Socket) => Promise<boolean>;
}

export interface MetadataService {
  readonly endpoint: string;
  close(): Promise<void>;
}

const ROLE_NAME = "gitlab-runner";
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

const CREDENTIALS = `meta-data/iam/security-credentials/${ROLE_NAME}`;

const credentialsText = async (
  instance: SimulatorInstance,
  { credentialsOf, now }: MetadataDependencies,
): Promise<string | undefined> => {
  const found = await credentialsOf(instance);
  if (found === undefined) return undefined;
  const { expiresAt, ...credentials } = found;
  const times = { LastUpdated: iso(now()), Expiration: iso(expiresAt) };
  return JSON.stringify({ Code: "Success", Type: "AWS-HMAC", ...times, ...credentials });
};

/** Why a request does not come from the instance's own processes, if it does not. */
const isForeign = async (
  { headers, socket }: IncomingMessage,
  { isAnotherUser }: MetadataDependencies,
): Promise<boolean> => {
  const isOurHost =
    headers.host === `127.0.0.1:${socket.localPort}` || headers.host === `localhost:${socket.localPort}`;
  return !isOurHost || headers.origin !== undefined || (await isAnotherUser(socket));
};

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

  const readMetadata = async ({ headers }: IncomingMessage, path: string): Promise<Answer> => {
    const instance = dependencies.instance();
    if (instance === undefined) return [404];
    const token = String(headers["x-aws-ec2-metadata-token"] ?? "");
    const isKnown = (tokens.get(token) ?? 0) > dependencies.now();
    if (!isKnown && (instance.isTokenRequired || token !== "")) return [401];
    const text =
      path === CREDENTIALS
        ? await credentialsText(instance, dependencies)
        : tree(instance, dependencies)[path];
    return text === undefined ? [404] : [200, text];
  };

  const answer = async (request: IncomingMessage, path: string): Promise<Answer> => {
    if (await isForeign(request, dependencies)) return [403];
    if (request.method === "POST" && path === "/_/power-off") return [200];
    if (request.method === "PUT" && path === "/latest/api/token") return issueToken(request);
    if (request.method !== "GET" || !path.startsWith("/latest/")) return [404];
    return readMetadata(request, path.slice("/latest/".length));
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? "/";
    const isPowerOff = request.method === "POST" && path === "/_/power-off";
    if (!isPowerOff && dependencies.isFlaky()) {
      request.socket.destroy();
      return;
    }
    const [status, text = ""] = await answer(request, path);
    response.writeHead(status, { "content-type": "text/plain" }).end(text);
    if (isPowerOff && status === 200) dependencies.onPowerOff();
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
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
