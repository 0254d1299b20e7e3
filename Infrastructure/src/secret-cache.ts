import type { WebhookSecrets } from "./webhook-secret";

export interface SecretCacheOptions {
  /** Reads both secrets anew; throws when Parameter Store does not answer in time. */
  readonly read: () => Promise<WebhookSecrets>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of every failed read. */
  readonly onFailure: (error: unknown) => void;
}

/** A changed secret is refused this long after at most, the API's own cache on top (I-11). */
const FRESH_MILLISECONDS = 60_000;
/** What was read last serves this long when Parameter Store fails (F-9). */
const LAST_GOOD_MILLISECONDS = 300_000;
/** After a failure the next read waits this long, while the last good secrets serve. */
const PAUSE_MILLISECONDS = 5_000;

/** A clock that was set back makes an age negative: that counts as too old (I-33). */
const isWithin = (age: number, limit: number): boolean => age >= 0 && age < limit;

/**
 * Keeps the secrets in the environment's memory.
 *
 * @returns a function that gives the secrets, or none when they could not be read for five minutes: then
 *   nobody is let in (I-10)
 */
export const secretCache = ({
  read,
  now,
  onFailure,
}: SecretCacheOptions): (() => Promise<WebhookSecrets>) => {
  let good: { readonly secrets: WebhookSecrets; readonly readAt: number } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  const lastGood = (): WebhookSecrets =>
    good !== undefined && isWithin(now() - good.readAt, LAST_GOOD_MILLISECONDS) ? good.secrets : {};

  return async () => {
    const isFresh = good !== undefined && isWithin(now() - good.readAt, FRESH_MILLISECONDS);
    const hasFailedJustNow = isWithin(now() - failedAt, PAUSE_MILLISECONDS);
    if (isFresh || (good !== undefined && hasFailedJustNow)) return lastGood();
    try {
      const readAt = now();
      const secrets = await read();
      good = { secrets, readAt };
      return secrets;
    } catch (error) {
      failedAt = now();
      onFailure(error);
      return lastGood();
    }
  };
};
