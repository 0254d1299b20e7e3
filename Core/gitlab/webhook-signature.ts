import { createHmac } from "node:crypto";

const KEY = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

/**
 * The bytes of a signing key in GitLab's form, e.g. `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @returns undefined if the text is not a key of 24 to 64 bytes
 */
export const signingKey = (text: string): Buffer | undefined => {
  const key = Buffer.from(KEY.exec(text)?.[1] ?? "", "base64");
  return key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : undefined;
};

/** The text of a key. @param bytes 32 random bytes */
export const signingKeyText = (bytes: Buffer): string => `whsec_${bytes.toString("base64")}`;

/**
 * The version 1 signature of a request: HMAC-SHA256, 32 bytes.
 *
 * @param timestamp seconds since 1970, as sent
 * @param body the exact bytes sent
 */
export const signatureOf = (key: Buffer, id: string, timestamp: string, body: Buffer): Buffer =>
  createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
