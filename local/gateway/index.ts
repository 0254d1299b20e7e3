export { mayAssume } from "./access/assume-role";
export { type Authorizer, authorizer, type Granted, type Verdict } from "./access/authorizer";
export type { Caller } from "./access/caller";
export { type CredentialStore, type Credentials, credentialStore } from "./access/credentials";
export type {
  Deployed,
  DeployedLaunchTemplate,
  DeployedParameter,
  DeployedRole,
  DeployedTable,
  LaunchTemplateName,
} from "./deployed";
export { type DecisionServer, startDecisionServer } from "./http/decisions";
export { type Gateway, type GatewaySettings, startGateway } from "./http/gateway";
export { type AdmittedCall, type SocketUpstream, socketUpstream, type Upstream } from "./http/upstream";
