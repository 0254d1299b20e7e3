export interface SecretCacheOptions<Secrets> {
  /** Reads all secrets anew; throws when Parameter Store does not answer in time. */
  readonly read: () => Promise<Secrets>;
  /** What is given when nothing was read for five minutes, e.g. `{}`. */
  readonly none: Secrets;
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
 * @returns a function that gives the secrets, or `none` when they could not be read for five minutes: then
 *   nobody is let in (I-10). With an age it gives secrets that are not older, or `none`, and no last good ones
 */
export const secretCache = <Secrets>({
  read,
  none,
  now,
  onFailure,
}: SecretCacheOptions<Secrets>): ((maxAgeMilliseconds?: number) => Promise<Secrets>) => {
  let good: { readonly secrets: Secrets; readonly readAt: number } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  const lastGood = (): Secrets =>
    good !== undefined && isWithin(now() - good.readAt, LAST_GOOD_MILLISECONDS) ? good.secrets : none;

  return async (maxAgeMilliseconds) => {
    const instead = maxAgeMilliseconds === undefined ? lastGood : () => none;
    const limit = maxAgeMilliseconds ?? FRESH_MILLISECONDS;
    if (good !== undefined && isWithin(now() - good.readAt, limit)) return good.secrets;
    if (good !== undefined && isWithin(now() - failedAt, PAUSE_MILLISECONDS)) return instead();
    try {
      const readAt = now();
      const secrets = await read();
      good = { secrets, readAt };
      return secrets;
    } catch (error) {
      failedAt = now();
      onFailure(error);
      return instead();
    }
  };
};
