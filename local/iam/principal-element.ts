import { PolicyError } from "./policy-error";

/** One entry of `Principal` or `NotPrincipal`. */
export type PrincipalEntry =
  | { readonly kind: "anyone" }
  | { readonly kind: "account"; readonly account: string }
  | { readonly kind: "arn"; readonly arn: string }
  | { readonly kind: "service"; readonly service: string };

/** Who asks. */
export type Principal =
  | {
      readonly kind: "role-session";
      /** e.g. `arn:aws:iam::123456789012:role/look-up` */
      readonly roleArn: string;
      /** e.g. `arn:aws:sts::123456789012:assumed-role/look-up/session` */
      readonly sessionArn: string;
      readonly account: string;
    }
  | { readonly kind: "user"; readonly arn: string; readonly account: string }
  /** A service in its own name, e.g. `events.amazonaws.com`. */
  | { readonly kind: "service"; readonly service: string };

const parseAws = (text: string): PrincipalEntry => {
  if (text === "*") return { kind: "anyone" };
  const account = /^(\d{12})$|^arn:[^:]+:iam::(\d{12}):root$/.exec(text);
  if (account) return { kind: "account", account: account[1] ?? account[2] ?? "" };
  if (!/^arn:[^:*]+:(iam|sts)::\d{12}:(role|user|assumed-role|federated-user)\/[^*]+$/.test(text)) {
    throw new PolicyError(`The principal ${text} is neither an account nor one user, role or session`);
  }
  return { kind: "arn", arn: text };
};

const PARSERS: Readonly<Record<string, (text: string) => PrincipalEntry>> = {
  AWS: parseAws,
  Service: (service) => ({ kind: "service", service }),
};

const texts = (value: unknown): readonly string[] => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item !== "string") throw new PolicyError("A principal is not a text");
    return item;
  });
};

/**
 * Reads `Principal` or `NotPrincipal`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 * @throws PolicyError for a kind of principal that is not known here, e.g. `Federated`
 */
export const parsePrincipals = (value: unknown): readonly PrincipalEntry[] => {
  if (value === "*") return [{ kind: "anyone" }];
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new PolicyError("Principal is neither * nor a map of AWS and Service");
  }
  return Object.entries(value).flatMap(([kind, inner]) => {
    const parse = Object.hasOwn(PARSERS, kind) ? PARSERS[kind] : undefined;
    if (parse === undefined) throw new PolicyError(`Principals of kind ${kind} are not known here`);
    return texts(inner).map(parse);
  });
};

/** How a statement meant who asks: through the account alone, by the role or user, or by the very session. */
export type Reach = "none" | "account" | "anyone" | "identity" | "session";

/** How one entry means a principal. */
export const reachOf = (entry: PrincipalEntry, principal: Principal): Reach => {
  if (entry.kind === "anyone") return "anyone";
  if (principal.kind === "service") {
    return entry.kind === "service" && entry.service === principal.service ? "identity" : "none";
  }
  if (entry.kind === "account") return entry.account === principal.account ? "account" : "none";
  if (entry.kind !== "arn") return "none";
  if (principal.kind === "user") return entry.arn === principal.arn ? "session" : "none";
  if (entry.arn === principal.sessionArn) return "session";
  return entry.arn === principal.roleArn ? "identity" : "none";
};
