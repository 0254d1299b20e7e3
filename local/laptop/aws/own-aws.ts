import { defined } from "../../../Core/defined";
import { type EngineClients, engineClients, engineDeployed } from "../../deployed";
import type { Instance } from "../../ec2";
import {
  ACCOUNT_ID,
  type Engine,
  REGION,
  type Sockets,
  socketsOf,
  startEngine,
} from "../../engine/ministack";
import {
  type Authorizer,
  authorizer,
  credentialStore,
  type Deployed,
  type RoleSessions,
  roleSessions,
  type SessionCredentials,
  socketUpstream,
  startDecisionServer,
  startGateway,
  takenRights,
} from "../../gateway";
import { ACCOUNT_IN_USE } from "../../limits/account-limits";
import { isAnotherUser } from "../../process/same-user";
import type { RunFolder } from "../run-folder";
import { withAccount } from "./account-answers";
import { withAssumedRoles } from "./assumed-roles";
import type { Aws, AwsSettings, Ec2Part, MicroVmPart } from "./aws";
import { clientEnv } from "./client-env";
import { withEc2 } from "./ec2-upstream";
import { withMicroVms } from "./microvm-upstream";
import { withImages } from "./missing-images";
import { withSupportedTemplates } from "./supported-templates";
import { withLimits } from "./with-limits";

/** Tells of each refusal of an authorizer. */
const watched =
  (authorize: Authorizer, { onRefused }: AwsSettings): Authorizer =>
  async (caller, needs, wire) => {
    const verdict = await authorize(caller, needs, wire);
    if (verdict.kind === "refused") onRefused?.({ caller, message: verdict.message });
    return verdict;
  };

const sessionCaller = (roleArn: string, sessionName: string) => ({
  kind: "role" as const,
  roleArn,
  sessionName,
});

const instanceSession = async (
  { instanceProfileArn, instanceId }: Instance,
  deployed: Deployed,
  sessions: RoleSessions,
): Promise<SessionCredentials | undefined> => {
  const roleArn = instanceProfileArn && (await deployed.roleOfProfile(instanceProfileArn));
  return roleArn ? sessions.of("ec2.amazonaws.com", sessionCaller(roleArn, instanceId)) : undefined;
};

/** What stands before the engine, from before its start. */
const startFront = async (settings: AwsSettings, sockets: Sockets, clients: EngineClients) => {
  let ec2: Ec2Part | undefined;
  let microVms: MicroVmPart | undefined;
  const instanceTags = (id: string) =>
    ec2?.instances().find(({ instanceId }) => instanceId === id)?.tags ?? {};
  const place = { region: REGION, account: ACCOUNT_ID };
  const engine = engineDeployed({
    ...place,
    clients,
    now: Date.now,
    instanceTags,
    microVmImage: (id) => microVms?.imageOf(id),
    apiOrigin: settings.apiOrigin,
  });
  const rights = takenRights(engine.deployed);
  const access = {
    ...place,
    deployed: rights.deployed,
    now: Date.now,
    ...defined({ onGranted: settings.onGranted }),
  };
  const authorize = watched(authorizer(access), settings);
  const credentials = credentialStore(Date.now);
  const behind = socketUpstream(sockets.engine, ACCOUNT_ID, REGION);
  const { account } = settings;
  const engineAndEc2 = withAccount(
    account?.limits ?? ACCOUNT_IN_USE,
    withSupportedTemplates(
      (path) => clients.readPath("s3", path),
      settings.onDropped ?? (() => undefined),
      withImages(
        { imageOf: engine.imageOf, readPath: clients.readPath, log: settings.log },
        withEc2(
          () => ec2,
          withMicroVms(() => microVms, withAssumedRoles(credentials, behind.upstream)),
        ),
      ),
    ),
  );
  const upstream = account ? withLimits(account, engineAndEc2) : engineAndEc2;
  const decisions = await startDecisionServer(authorize, sockets.decisions);
  const gateway = await startGateway({
    ...access,
    credentials,
    isAnotherUser,
    upstreamOf: (service, operation) => async (call, response) => {
      const answered = engine.passing(service, operation);
      await upstream(call, response).finally(answered);
    },
    onRefused: ({ code, message, caller }) => {
      if (code === "AccessDenied") settings.onRefused?.({ message, ...defined({ caller }) });
    },
    log: settings.log,
    port: 0,
  });
  return {
    gateway,
    rights,
    allRights: engine.allRights,
    httpApis: engine.httpApis,
    authorize,
    credentials,
    sessions: roleSessions(authorize, credentials, Date.now),
    setEc2: (part: Ec2Part): void => {
      ec2 = part;
    },
    setMicroVms: (part: MicroVmPart): void => {
      microVms = part;
    },
    close: async () => {
      behind.close();
      await Promise.all([gateway.close(), decisions.close()]);
    },
  };
};

const assemble = (
  front: Awaited<ReturnType<typeof startFront>>,
  engine: Engine,
  sockets: Sockets,
  clients: EngineClients,
): Aws => {
  const { gateway, rights, sessions, credentials } = front;
  // The host is a name, since the addresses of queues contain it.
  const endpoint = `http://localhost:${gateway.port}`;
  const envOf = (given: Parameters<typeof clientEnv>[2]) => clientEnv(endpoint, endpoint, given);
  return {
    endpoint,
    env: envOf(credentials.ofOperator()),
    samEnv: envOf(credentials.ofOperator()),
    asAws: clients.settings,
    eventsKey: engine.eventsKey,
    hostSocket: sockets.host,
    hasIam: true,
    authorize: front.authorize,
    takeRights: rights.take,
    allRights: front.allRights,
    readPath: clients.readPath,
    httpApis: front.httpApis,
    sessionEnv: async (service, caller) => envOf(await sessions.of(service, caller)),
    instanceCredentials: async (instance) => {
      const session = await instanceSession(instance, rights.deployed, sessions);
      if (session === undefined) return undefined;
      const { accessKeyId, secretAccessKey, sessionToken = "", expiresAt } = session;
      return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, expiresAt };
    },
    setEc2: front.setEc2,
    setMicroVms: front.setMicroVms,
    close: async () => {
      await engine.close();
      await front.close();
      clients.close();
    },
    ...defined({ pid: engine.pid }),
  };
};

/** Starts the gateway and, behind it, the laptop's own engine. */
export const startOwnAws = async (run: RunFolder, settings: AwsSettings): Promise<Aws> => {
  const sockets = socketsOf(run);
  const clients = engineClients(sockets.engine, ACCOUNT_ID, REGION);
  const front = await startFront(settings, sockets, clients);
  try {
    const engine = await startEngine(run, {
      sockets,
      port: front.gateway.port,
      apiOrigin: settings.apiOrigin,
      onCrash: settings.onCrash,
    });
    return assemble(front, engine, sockets, clients);
  } catch (error) {
    await front.close();
    throw error;
  }
};
