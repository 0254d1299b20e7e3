import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CredentialStore, type Credentials, credentialStore } from "../access/credentials";
import { type GatewaySettings, startGateway } from "../http/gateway";
import { socketUpstream, type Upstream } from "../http/upstream";
import type { ReceivedRequest } from "../sigv4";
import { ACCOUNT, type FakeState, fakeDeployed, REGION } from "./fake-deployed";

/** What a test sees of the engine that it plays. */
export interface FakeEngine {
  taken(): readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** An engine on a unix socket that takes everything, and would let any page read it. */
export const startFakeEngine = async (socketPath: string): Promise<FakeEngine> => {
  let requests: ReceivedRequest[] = [];
  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const { method = "", url: target = "", rawHeaders } = message;
    requests.push({ method, target, rawHeaders, body: Buffer.concat(chunks) });
    response.writeHead(200, { "Access-Control-Allow-Origin": "*", "content-type": "text/xml" });
    response.end(target === "/" && rawHeaders.join().includes("x-amz-json") ? "{}" : "<R/>");
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    taken: () => {
      const all = requests;
      requests = [];
      return all;
    },
    close: () => closing(server),
  };
};

const closing = async (server: Server): Promise<void> => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};

export interface GatewayUnderTest {
  readonly endpoint: string;
  readonly state: FakeState;
  readonly credentials: CredentialStore;
  readonly operator: Credentials;
  readonly upstream: FakeEngine;
  /** In this process, by service and operation, e.g. `ec2 DescribeInstances`. */
  readonly handlers: Record<string, Upstream>;
  anotherUser: boolean;
  close(): Promise<void>;
}

/** A gateway before a fake engine, with nothing deployed yet. */
export const startGatewayUnderTest = async (
  isAnotherUser?: GatewaySettings["isAnotherUser"],
): Promise<GatewayUnderTest> => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-"));
  const socketPath = join(folder, "engine.sock");
  const engine = await startFakeEngine(socketPath);
  const behind = socketUpstream(socketPath, ACCOUNT, REGION);
  const credentials = credentialStore(Date.now);
  const { state, deployed } = fakeDeployed();
  const handlers: Record<string, Upstream> = {};
  const seen = { anotherUser: false };
  const gateway = await startGateway({
    region: REGION,
    account: ACCOUNT,
    deployed,
    credentials,
    now: Date.now,
    isAnotherUser: isAnotherUser ?? (async () => seen.anotherUser),
    upstreamOf: (service, operation) => handlers[`${service} ${operation}`] ?? behind.upstream,
    log: (message) => process.stderr.write(`${message}\n`),
    port: 0,
  });
  return Object.assign(seen, {
    endpoint: `http://localhost:${gateway.port}`,
    state,
    credentials,
    operator: credentials.ofOperator(),
    upstream: engine,
    handlers,
    close: async () => {
      await gateway.close();
      behind.close();
      await engine.close();
      rmSync(folder, { recursive: true });
    },
  });
};
