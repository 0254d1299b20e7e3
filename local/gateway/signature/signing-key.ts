import { createHmac, timingSafeEqual } from "node:crypto";
import type { Scope } from "./authorization";

const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** The key of one day, region and service. */
export const signingKey = (secret: string, { date, region, service }: Scope): Buffer =>
  hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request");

export const sign = (key: Buffer, text: string): string => hmac(key, text).toString("hex");

/** Compares two hex texts in a time that does not tell where they differ. */
export const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

export const scopeText = ({ date, region, service }: Scope): string =>
  `${date}/${region}/${service}/aws4_request`;

const KEPT_KEYS = 256;

/** Signing keys as they are needed, kept: four hashes a call would be half of the verification. */
export const signingKeys = (): ((accessKeyId: string, secret: string, scope: Scope) => Buffer) => {
  const kept = new Map<string, Buffer>();
  return (accessKeyId, secret, scope) => {
    const name = `${accessKeyId} ${secret} ${scopeText(scope)}`;
    const known = kept.get(name);
    if (known !== undefined) return known;
    if (kept.size >= KEPT_KEYS) kept.clear();
    const key = signingKey(secret, scope);
    kept.set(name, key);
    return key;
  };
};
