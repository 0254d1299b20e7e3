export { mayAssume } from "./access/assume-role";
export { type AccessVerdict, type Authorizer, authorizer, type Granted } from "./access/authorizer";
export type { Caller } from "./access/caller";
export { type CredentialStore, type Credentials, credentialStore } from "./access/credentials";
export { type RoleSessions, roleSessions, type SessionCredentials } from "./access/role-sessions";
export type { RoleRight } from "./access/taken-rights";
export { type TakenRights, takenRights } from "./access/taken-rights";
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
export { foreign } from "./http/origin";
export { readBody } from "./http/read-body";
export { RefusedError } from "./http/refused-error";
export {
  type AdmittedCall,
  engineCredential,
  type SocketUpstream,
  socketUpstream,
  type Upstream,
} from "./http/upstream";
export { headersOf } from "./signature/request";
