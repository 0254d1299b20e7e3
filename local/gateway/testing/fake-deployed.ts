import { type Policy, parsePolicy } from "../../iam";
import type {
  Deployed,
  DeployedLaunchTemplate,
  DeployedParameter,
  DeployedRole,
  DeployedTable,
} from "../deployed";

export const REGION = "eu-west-1";
export const ACCOUNT = "123456789012";

export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
export const arn = (service: string, name: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;

export const policy = (name: string, ...statements: readonly object[]): Policy =>
  parsePolicy(name, { Version: "2012-10-17", Statement: statements });

export const allow = (
  action: string | readonly string[],
  resource: string | readonly string[],
  condition?: object,
) => ({
  Effect: "Allow",
  Action: action,
  Resource: resource,
  ...(condition ? { Condition: condition } : {}),
});

/** What a test deploys; it may change it while the gateway runs. */
export interface FakeState {
  roles: Record<string, DeployedRole>;
  profiles: Record<string, string>;
  policies: Record<string, readonly Policy[]>;
  tags: Record<string, Record<string, string>>;
  tables: Record<string, DeployedTable>;
  parameters: Record<string, DeployedParameter>;
  templates: Record<string, DeployedLaunchTemplate>;
  /** MicroVM → ARN of its image. */
  microVms: Record<string, string>;
}

export const role = (name: string, identity: readonly Policy[], boundary?: Policy): DeployedRole => ({
  arn: roleArn(name),
  id: `AROA${name.toUpperCase()}`,
  identity,
  tags: {},
  ...(boundary ? { boundary } : {}),
});

/** `Deployed` over plain maps. */
export const fakeDeployed = (given: Partial<FakeState> = {}): { state: FakeState; deployed: Deployed } => {
  const state: FakeState = {
    roles: {},
    profiles: {},
    policies: {},
    tags: {},
    tables: {},
    parameters: {},
    templates: {},
    microVms: {},
    ...given,
  };
  const deployed: Deployed = {
    role: async (roleArn) => state.roles[roleArn],
    roleOfProfile: async (profileArn) => state.profiles[profileArn],
    resourcePolicies: async (resource) => state.policies[resource] ?? [],
    tags: async (resource) => state.tags[resource] ?? {},
    table: async (table) => state.tables[table],
    parameter: async (parameter) => state.parameters[parameter],
    parametersBelow: async (path) =>
      Object.keys(state.parameters).filter((one) => one.startsWith(`${path}/`)),
    microVmImage: async (microvmId) => state.microVms[microvmId],
    launchTemplate: async ({ id, name }) => state.templates[id ?? name ?? ""],
  };
  return { state, deployed };
};
