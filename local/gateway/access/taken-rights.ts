import { type Policy, type Right, withoutRight } from "../../iam";
import type { Deployed, DeployedRole } from "../deployed";

/** A right of one role. A policy that several roles have gives each of them a right of its own. */
export interface RoleRight {
  readonly roleArn: string;
  readonly right: Right;
}

/** What is deployed, but for rights that were taken out of the gateway's set while it runs. */
export interface TakenRights {
  readonly deployed: Deployed;
  /** What is taken from now on. An empty list gives everything back. */
  take(rights: readonly RoleRight[]): void;
}

export const takenRights = (deployed: Deployed): TakenRights => {
  let taken: readonly RoleRight[] = [];
  const without = (policy: Policy, roleArn: string): Policy =>
    taken
      .filter((one) => one.roleArn === roleArn)
      .reduce((rest, { right }) => withoutRight(rest, right), policy);
  const rest = (role: DeployedRole): DeployedRole => ({
    ...role,
    identity: role.identity.map((policy) => without(policy, role.arn)),
  });
  return {
    deployed: {
      ...deployed,
      role: async (arn) => {
        const role = await deployed.role(arn);
        return role && taken.length > 0 ? rest(role) : role;
      },
    },
    take: (rights) => {
      taken = rights;
    },
  };
};
