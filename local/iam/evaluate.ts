import type { Policy } from "./policy";
import type { Principal, Reach } from "./principal-element";
import { type Found, find, type Question, reachOfStatement } from "./statement";

/** The policies that a question is held against. */
export interface Policies {
  /** Those of the role or user; of a service none count. */
  readonly identity: readonly Policy[];
  readonly boundary?: Policy;
  /** What a session was narrowed to when it began. */
  readonly session?: readonly Policy[];
  /** Those of the resource: of a bus, queue, table, topic, function, key, or a role's trust policy. */
  readonly resource?: readonly Policy[];
  /** The account that owns the resource; by default that of who asks. */
  readonly resourceAccount?: string;
  /**
   * Whether the resource's policy has to allow, also within one account: true for KMS keys and for taking a role.
   */
  readonly isResourcePolicyRequired?: boolean;
}

export type Layer = "identity" | "boundary" | "session" | "resource";

export type Decision =
  | { readonly kind: "allowed"; readonly by: readonly Found[] }
  | { readonly kind: "denied"; readonly layer: Layer; readonly by: readonly Found[] }
  /** Nothing allows it in that layer. */
  | { readonly kind: "not-allowed"; readonly layer: Layer };

const notAllowed = (layer: Layer): Decision => ({ kind: "not-allowed", layer });

const layersOf = ({
  identity,
  boundary,
  session = [],
}: Policies): readonly (readonly [Layer, readonly Policy[]])[] => [
  ["identity", identity],
  ["boundary", boundary ? [boundary] : []],
  ["session", session],
];

interface ResourceStatement extends Found {
  readonly effect: "Allow" | "Deny";
  readonly reach: Reach;
}

const readResource = (
  principal: Principal,
  policies: Policies,
  question: Question,
): readonly ResourceStatement[] =>
  (policies.resource ?? []).flatMap((policy) =>
    policy.statements
      .map((statement) => ({
        policy: policy.name,
        statement: statement.id,
        effect: statement.effect,
        reach: reachOfStatement(statement, principal, question),
      }))
      .filter(({ reach }) => reach !== "none"),
  );

/** The first layer with a Deny. */
const denial = (
  policies: Policies,
  ofResource: readonly ResourceStatement[],
  question: Question,
): Decision | undefined => {
  for (const [layer, some] of layersOf(policies)) {
    const by = find(some, "Deny", question);
    if (by.length > 0) return { kind: "denied", layer, by };
  }
  const by = ofResource.filter(({ effect }) => effect === "Deny");
  return by.length > 0 ? { kind: "denied", layer: "resource", by } : undefined;
};

/** A boundary or a session policy that does not let the question pass. */
const limit = ({ boundary, session }: Policies, question: Question): Decision | undefined => {
  if (boundary && find([boundary], "Allow", question).length === 0) return notAllowed("boundary");
  if (session && find(session, "Allow", question).length === 0) return notAllowed("session");
  return undefined;
};

/** What a resource's policy grants: to the session itself past boundary and session policy, else within them. */
const grantByResource = (
  policies: Policies,
  allows: readonly ResourceStatement[],
  question: Question,
): Decision | undefined => {
  const toSession = allows.filter(({ reach }) => reach === "session");
  if (toSession.length > 0) return { kind: "allowed", by: toSession };
  // An account that is named only delegates: its own policies still have to allow.
  const toIdentity = allows.filter(({ reach }) => reach === "identity" || reach === "anyone");
  if (toIdentity.length === 0) return undefined;
  return limit(policies, question) ?? { kind: "allowed", by: toIdentity };
};

const grantByIdentity = (policies: Policies, question: Question): Decision => {
  const by = find(policies.identity, "Allow", question);
  if (by.length === 0) return notAllowed("identity");
  return limit(policies, question) ?? { kind: "allowed", by };
};

const forService = (allows: readonly ResourceStatement[]): Decision =>
  allows.length > 0 ? { kind: "allowed", by: allows } : notAllowed("resource");

const needsBoth = (account: string, { resourceAccount, isResourcePolicyRequired }: Policies): boolean =>
  isResourcePolicyRequired === true || (resourceAccount !== undefined && resourceAccount !== account);

/** Across accounts, and where the resource's policy rules, that policy has to allow too, if only the account. */
const grantByBoth = (
  account: string,
  policies: Policies,
  allows: readonly ResourceStatement[],
  question: Question,
): Decision => {
  if (allows.length === 0) return notAllowed("resource");
  const isForeign = policies.resourceAccount !== undefined && policies.resourceAccount !== account;
  const direct = isForeign ? undefined : grantByResource(policies, allows, question);
  const own = direct ?? grantByIdentity(policies, question);
  return own.kind === "allowed" && direct === undefined
    ? { kind: "allowed", by: [...own.by, ...allows] }
    : own;
};

/**
 * IAM's verdict: a Deny anywhere wins; nothing said is no. Within an account the identity's policies or the
 * resource's may grant, across accounts both have to; boundary and session policy limit what is granted.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * @throws PolicyError when the question cannot be judged
 */
export const evaluate = (principal: Principal, policies: Policies, question: Question): Decision => {
  const ofResource = readResource(principal, policies, question);
  const denied = denial(policies, ofResource, question);
  if (denied) return denied;
  const allows = ofResource.filter(({ effect }) => effect === "Allow");
  if (principal.kind === "service") return forService(allows);
  if (needsBoth(principal.account, policies))
    return grantByBoth(principal.account, policies, allows, question);
  return grantByResource(policies, allows, question) ?? grantByIdentity(policies, question);
};
