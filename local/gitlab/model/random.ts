import { createHash, randomBytes } from "node:crypto";

/**
 * A number in [0, 1) that depends on the seed and the key alone. So the same seed loses and delays the same webhooks,
 * whatever the order of requests.
 */
export const chance = (seed: number, ...key: readonly (string | number)[]): number =>
  createHash("sha256")
    .update(JSON.stringify([seed, ...key]))
    .digest()
    .readUInt32BE(0) /
  2 ** 32;

/** Hexadecimal text for tokens, from `bytes` random bytes. */
export const randomText = (bytes: number): string => randomBytes(bytes).toString("hex");
