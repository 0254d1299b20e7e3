import { randomBytes } from "node:crypto";
import type { Secret } from "../sigv4";
import type { Caller } from "./caller";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface Issued extends Secret {
  readonly caller: Caller;
  readonly expiresAt: number;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** `AKIA…` for keys that last, `ASIA…` for a session's, as on AWS. */
const newKeyId = (prefix: "AKIA" | "ASIA"): string =>
  prefix + [...randomBytes(16)].map((byte) => BASE32[byte % BASE32.length]).join("");

/** The credentials that the laptop gave out, in memory alone, and to whom. */
export interface CredentialStore {
  /** Credentials of the operator, without end. */
  ofOperator(): Credentials;
  /** A session of a role. */
  issue(caller: Caller & { kind: "role" }, lifetimeSeconds: number): Credentials;
  revoke(accessKeyId: string): void;
  secretOf(accessKeyId: string): Secret | undefined;
  callerOf(accessKeyId: string): Caller | undefined;
}

/** @param now milliseconds since 1970 */
export const credentialStore = (now: () => number): CredentialStore => {
  const issued = new Map<string, Issued>();
  const current = (accessKeyId: string): Issued | undefined => {
    const found = issued.get(accessKeyId);
    if (found !== undefined && found.expiresAt > now()) return found;
    issued.delete(accessKeyId);
    return undefined;
  };
  const give = (prefix: "AKIA" | "ASIA", caller: Caller, expiresAt: number): Credentials => {
    const credentials = {
      accessKeyId: newKeyId(prefix),
      secretAccessKey: randomBytes(30).toString("base64"),
      ...(prefix === "ASIA" ? { sessionToken: randomBytes(48).toString("base64") } : {}),
    };
    const { accessKeyId, ...secret } = credentials;
    issued.set(accessKeyId, { ...secret, caller, expiresAt });
    return credentials;
  };
  return {
    ofOperator: () => give("AKIA", { kind: "operator" }, Number.POSITIVE_INFINITY),
    issue: (caller, lifetimeSeconds) => give("ASIA", caller, now() + lifetimeSeconds * 1_000),
    revoke: (accessKeyId) => void issued.delete(accessKeyId),
    secretOf: current,
    callerOf: (accessKeyId) => current(accessKeyId)?.caller,
  };
};
