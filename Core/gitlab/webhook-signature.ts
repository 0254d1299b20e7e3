import { createHmac } from "node:crypto";

const KEY = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

/**
 * The bytes of a signing key as GitLab takes it, e.g. `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @returns undefined for what is no key of 24 to 64 bytes
 */
export const signingKey = (text: string): Buffer | undefined => {
  const key = Buffer.from(KEY.exec(text)?.[1] ?? "", "base64");
  return key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : undefined;
};

/** A key's text. @param bytes 32 random ones */
export const signingKeyText = (bytes: Buffer): string => `whsec_${bytes.toString("base64")}`;

/**
 * The signature of version 1 over a request: HMAC-SHA256, 32 bytes.
 *
 * @param timestamp seconds since 1970, as it is sent
 * @param body as it is sent, to the byte
 */
export const signatureOf = (key: Buffer, id: string, timestamp: string, body: Buffer): Buffer =>
  createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
