import { mayAssume } from "./assume-role";
import type { Authorizer } from "./authorizer";
import type { Caller } from "./caller";
import type { CredentialStore, Credentials } from "./credentials";

/** Credentials of a session, and when they are good for nothing any more, in milliseconds since 1970. */
export interface SessionCredentials extends Credentials {
  readonly expiresAt: number;
}

/** Gives services the credentials of the roles that they take for functions, instances and APIs. */
export interface RoleSessions {
  /**
   * A session of a role, kept until half of its time is over.
   *
   * @param service e.g. `lambda.amazonaws.com`
   * @throws Error when the role's trust policy does not let the service take it
   */
  of(service: string, caller: Caller & { kind: "role" }): Promise<SessionCredentials>;
}

/** As long as Lambda's and EC2's own. */
const LIFETIME_SECONDS = 6 * 3_600;

/** @param now milliseconds since 1970 */
export const roleSessions = (
  authorize: Authorizer,
  credentials: CredentialStore,
  now: () => number,
): RoleSessions => {
  const given = new Map<string, SessionCredentials>();
  return {
    of: async (service, caller) => {
      const taken = await mayAssume(authorize, service, caller.roleArn);
      if (taken.kind === "refused")
        throw new Error(`${service} may not take ${caller.roleArn}: ${taken.message}`);
      const key = JSON.stringify(caller);
      const known = given.get(key);
      if (known !== undefined && known.expiresAt - now() > (LIFETIME_SECONDS * 1_000) / 2) return known;
      const issued = credentials.issue(caller, LIFETIME_SECONDS);
      const session = { ...issued, expiresAt: now() + LIFETIME_SECONDS * 1_000 };
      given.set(key, session);
      return session;
    },
  };
};
