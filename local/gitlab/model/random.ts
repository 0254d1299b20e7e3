import { createHash, randomBytes } from "node:crypto";

/**
 * A number in [0, 1) that depends on its key alone: the same seed loses and delays the same webhooks, however
 * the calls of a run interleave.
 */
export const chance = (seed: number, ...key: readonly (string | number)[]): number =>
  createHash("sha256")
    .update(JSON.stringify([seed, ...key]))
    .digest()
    .readUInt32BE(0) /
  2 ** 32;

/** Text for tokens: hexadecimal, `bytes` of randomness. */
export const randomText = (bytes: number): string => randomBytes(bytes).toString("hex");
