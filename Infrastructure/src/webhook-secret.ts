import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { headerOf } from "./webhook-request";

/** The valid secrets: the current one, and during a change also the previous one (I-11). */
export interface WebhookSecrets {
  readonly current?: string;
  readonly previous?: string;
}

const digest = (value: string): Buffer => createHash("sha256").update(value, "utf8").digest();

/** Replaces a missing secret, so that there are always two comparisons. */
const nobodysDigest = (): Buffer => randomBytes(32);

const digestOf = (secret: string | undefined): Buffer => (secret ? digest(secret) : nobodysDigest());

/**
 * True if the header's value equals one of the secrets. Digests of equal length are compared in constant
 * time, and both comparisons are always made, so that the time reveals nothing about a secret (T-3).
 *
 * @param token the value of `X-Gitlab-Token`, with its type unchecked
 */
export const isWebhookToken = (token: unknown, { current, previous }: WebhookSecrets): boolean => {
  if (typeof token !== "string" || token === "") return false;
  const sent = digest(token);
  const isCurrent = timingSafeEqual(sent, digestOf(current));
  const isPrevious = timingSafeEqual(sent, digestOf(previous));
  return isCurrent || isPrevious;
};

/** The value of `X-Gitlab-Token` in an HTTP API's request event. Sent twice, it is no valid secret (F-76). */
export const webhookToken = (event: unknown): unknown => headerOf(event, "x-gitlab-token");
