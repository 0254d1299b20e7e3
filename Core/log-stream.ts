import { createHash } from "node:crypto";

const DIGITS = 32;

/**
 * The part of an instance's log stream that nobody can guess. All runners have one role, which may write to every stream of
 * their group and cannot list them: who does not know the name cannot write under it.
 *
 * @param nonce the runner's, of 256 random bits, which is in no log
 * @returns 128 bits in hexadecimal
 */
export const logStreamKey = (nonce: string): string =>
  createHash("sha256").update(`log stream of ${nonce}`).digest("hex").slice(0, DIGITS);

/** The stream to which an EC2 runner's machine writes. */
export const instanceLogStream = (instanceId: string, nonce: string): string =>
  `${instanceId}/${logStreamKey(nonce)}`;
