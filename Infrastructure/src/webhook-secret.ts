import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { headerOf } from "./webhook-request";

/** The secrets that GitLab may send: the current one, and while it is being changed the one before (I-11). */
export interface WebhookSecrets {
  readonly current?: string;
  readonly previous?: string;
}

const digest = (value: string): Buffer => createHash("sha256").update(value, "utf8").digest();

/** Stands in for a secret that is not there, so that two comparisons are made all the same. */
const nobodysDigest = (): Buffer => randomBytes(32);

const digestOf = (secret: string | undefined): Buffer => (secret ? digest(secret) : nobodysDigest());

/**
 * Whether the header's value is one of the secrets, to the byte. Digests are of one length, are compared in
 * constant time, and both comparisons are always made: the time says nothing about a secret (T-3).
 *
 * @param token the value of `X-Gitlab-Token`, of whatever type the event holds
 */
export const isWebhookToken = (token: unknown, { current, previous }: WebhookSecrets): boolean => {
  if (typeof token !== "string" || token === "") return false;
  const sent = digest(token);
  const isCurrent = timingSafeEqual(sent, digestOf(current));
  const isPrevious = timingSafeEqual(sent, digestOf(previous));
  return isCurrent || isPrevious;
};

/** The value of `X-Gitlab-Token` in an HTTP API's request event; sent twice, it is no secret (F-76). */
export const webhookToken = (event: unknown): unknown => headerOf(event, "x-gitlab-token");
