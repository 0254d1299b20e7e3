import { randomBytes, timingSafeEqual } from "node:crypto";
import { signatureOf } from "../../Core/gitlab/webhook-signature";

/** The valid signing keys: the current one, and during a change also the previous one. */
export interface SigningKeys {
  readonly current?: Buffer | undefined;
  readonly previous?: Buffer | undefined;
}

/** The headers of a signed request, with their form checked. */
export interface SignedHead {
  readonly id: string;
  /** Seconds since 1970, as sent. */
  readonly timestamp: string;
  readonly signatures: readonly Buffer[];
}

/** The largest difference between a request's time and ours. */
export const TOLERANCE_SECONDS = 300;

/** No dot: dots separate id, timestamp and body in the signed text. No signature fits two requests. */
const ID = /^[A-Za-z0-9_-]{1,128}$/;
const TIMESTAMP = /^[1-9]\d{0,11}$/;
/** Version 1: HMAC-SHA256, 32 bytes in base64. Entries of other versions are ignored. */
const ENTRY = /^v1,([A-Za-z0-9+/]{43}=)$/;

const signaturesOf = (text: string): readonly Buffer[] =>
  text.split(" ").flatMap((entry) => {
    const base64 = ENTRY.exec(entry)?.[1];
    return base64 === undefined ? [] : [Buffer.from(base64, "base64")];
  });

/**
 * Reads `webhook-id`, `webhook-timestamp` and `webhook-signature`.
 *
 * @param header returns a header's value by its lower-case name
 * @returns undefined if one is missing or has another form
 */
export const signedHead = (header: (name: string) => unknown): SignedHead | undefined => {
  const id = header("webhook-id");
  const timestamp = header("webhook-timestamp");
  const signature = header("webhook-signature");
  if (typeof id !== "string" || typeof timestamp !== "string" || typeof signature !== "string")
    return undefined;
  const signatures = signaturesOf(signature);
  const isWhole = ID.test(id) && TIMESTAMP.test(timestamp) && signatures.length > 0;
  return isWhole ? { id, timestamp, signatures } : undefined;
};

/** @param now milliseconds since 1970 */
export const isTimely = ({ timestamp }: SignedHead, now: number): boolean =>
  Math.abs(now / 1_000 - Number(timestamp)) <= TOLERANCE_SECONDS;

/** Replaces a missing key, so that its signature is computed all the same. */
const nobodysKey = (): Buffer => randomBytes(32);

/**
 * True if one of the signatures is valid for id, timestamp and body under one of the keys. Every signature is
 * compared with those of both keys in constant time, so that the time reveals nothing about a key (T-3).
 */
export const isSigned = (
  { id, timestamp, signatures }: SignedHead,
  body: Buffer,
  { current, previous }: SigningKeys,
): boolean => {
  const expected = [current, previous].map((key) => ({
    isOurs: key !== undefined,
    hash: signatureOf(key ?? nobodysKey(), id, timestamp, body),
  }));
  const matches = signatures.flatMap((sent) =>
    expected.map(({ isOurs, hash }) => timingSafeEqual(sent, hash) && isOurs),
  );
  return matches.includes(true);
};
